%% SPDX-License-Identifier: MIT
%% What a test that uses the Erlang client does, as one expression, on the release that has compiled it. It attaches to the
%% daemon that its environment names.
{ok, _} = epmdpxy:start(),
{ok, [A, B, C]} = epmdpxy:peers(3, #{ticktime => 4}),
Sees = fun(Node) -> lists:sort(epmdpxy:call(Node, erlang, nodes, [])) end,
Each = [
    {mesh, fun() -> {true, _} = {Sees(A) =:= lists:sort([B, C]), Sees(A)} end},
    {sever, fun() ->
        {ok, Cut} = epmdpxy:sever([[A], [B, C]]), {[], [C]} = {Sees(A), Sees(B)},
        {ok, #{bitten := true}} = epmdpxy:effect(Cut) end},
    {heal, fun() -> ok = epmdpxy:heal(), {true, _} = {Sees(A) =:= lists:sort([B, C]), Sees(A)} end},
    {with_cut, fun() -> [C] = epmdpxy:with_cut([[A], [B, C]], fun() -> Sees(B) end), {true, _} = {lists:sort([B, C]) =:= Sees(A), Sees(A)} end},
    {of_the_seed, fun() -> ok = epmdpxy:cut_cables(A, [B, C]), ok = epmdpxy:await(noticed, 15000), ok = epmdpxy:fix_cables(A, [B, C]) end},
    {owner, fun() ->
        {_, R} = spawn_monitor(fun() -> {ok, _} = epmdpxy:fault(latency, #{delay => 10}, #{between => [[A], [B]]}) end),
        receive {'DOWN', R, process, _, normal} -> ok end,
        Gone = fun(Again) -> case epmdpxy:rules() of {ok, []} -> ok; _ -> Again(Again) end end, Gone(Gone) end},
    {typo, fun() -> {error, {unknown, _}} = epmdpxy:cut([[nobody], [B]]) end},
    {history, fun() -> true = string:length(epmdpxy:history()) > 100 end}
],
Wrong = [Name || {Name, Fun} <- Each, try Fun(), false catch C1:R1 -> io:format("not so: ~p: ~p~n", [Name, {C1, R1}]), true end],
ok = epmdpxy:stop(),
halt(length(Wrong)).
