%% SPDX-License-Identifier: MIT
%% What a node of any release says to the daemon's own, as one expression: it runs with no code of ours.
[_, Host] = string:split(atom_to_list(node()), "@"),
N = list_to_atom("epmdpxy@" ++ Host),
Call = fun(Function, Args) -> rpc:call(N, epmdpxy, Function, Args) end,
Islands = [[caller], [other]],
Each = [
    {ping, fun() -> pong = net_adm:ping(N) end},
    {hidden, fun() -> {[], [N]} = {nodes(), nodes(hidden)} end},
    {rpc, fun() -> ok = rpc:call(N, epmdpxy, fix, []) end},
    {rpc_in_time, fun() -> ok = rpc:call(N, epmdpxy, fix, [], 5000) end},
    {block_call, fun() -> ok = rpc:block_call(N, epmdpxy, fix, []) end},
    {async_call, fun() -> ok = rpc:yield(rpc:async_call(N, epmdpxy, fix, [])) end},
    {multicall, fun() -> {[ok], []} = rpc:multicall([N], epmdpxy, fix, []) end},
    {erpc, fun() -> ok = erpc:call(N, epmdpxy, fix, []) end},
    {gen_server, fun() -> ok = gen_server:call({epmdpxy, N}, fix) end},
    {unknown_function, fun() -> {badrpc, {'EXIT', {undef, _}}} = Call(nonsense, [1]) end},
    {unknown_module, fun() -> {badrpc, {'EXIT', {undef, _}}} = rpc:call(N, lists, reverse, [[]]) end},
    {wrong_arguments, fun() -> {badrpc, {'EXIT', {badarg, _}}} = Call(cut, [self()]) end},
    {unknown_name, fun() -> {error, {unknown, [other]}} = Call(cut, [Islands]) end},
    {unknown_server, fun() -> {'EXIT', {noproc, _}} = (catch gen_server:call({nobody, N}, what)) end},
    {monitor, fun() -> R = monitor(process, {nobody, N}), receive {'DOWN', R, process, _, noproc} -> ok end end},
    {cast, fun() -> {ok, _} = Call(cut, [Islands, #{wait => true}]), rpc:cast(N, epmdpxy, clear, []),
                    Gone = fun(Again) -> case Call(rules, []) of {ok, []} -> ok; _ -> Again(Again) end end, Gone(Gone) end},
    {owner, fun() ->
        {_, R} = spawn_monitor(fun() -> {ok, _} = Call(cut, [Islands, #{wait => true, owner => self()}]) end),
        receive {'DOWN', R, process, _, normal} -> ok end,
        Gone = fun(Again) -> case Call(rules, []) of {ok, []} -> ok; _ -> Again(Again) end end, Gone(Gone) end},
    {await, fun() -> {error, {timeout, _}} = Call(await, [{up, 9}, 200]) end},
    {status, fun() -> {ok, #{nodes := [#{name := caller}], node := _}} = Call(status, []) end},
    {ticks, fun() -> timer:sleep(100), pong = net_adm:ping(N) end}
],
Wrong = [Name || {Name, Fun} <- Each, try Fun(), false catch C:R -> io:format("not so: ~p: ~p~n", [Name, {C, R}]), true end],
halt(length(Wrong)).
