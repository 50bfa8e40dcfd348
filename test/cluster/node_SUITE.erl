%% SPDX-License-Identifier: MIT
%% The daemon as a hidden node: what real nodes call there, without any library.
-module(node_SUITE).
-compile([export_all, nowarn_export_all]).

-import(cluster, [start/2, start/3, start_one/3, stop/2, kill/2, call/5, node_of/2, connect/2, ping/3, wait/1, epmdpxy/2,
                  log/1, later/1, lost/2, status/1]).

-define(DAEMON, "epmdpxy").

suite() -> [{timetrap, {seconds, 120}}].

all() -> [every_form_of_call, as_a_server, what_is_wrong, the_verbs, cut_and_fixed_by_rpc, owned_rules, of_no_cluster, other_cookie,
          taken_name, c_node, idle, one_way_talk, waiting, who_waits_and_leaves, without_a_name, long_names, large_requests, large_answers, who_asks_much_and_leaves,
          too_large_an_answer].

init_per_testcase(long_names, Config) -> init(Config, ?DAEMON "@127.0.0.1");
init_per_testcase(_, Config) -> init(Config, ?DAEMON).

end_per_testcase(_, Config) -> cluster:'end'(Config).

init(Config, Name) ->
    File = filename:join(proplists:get_value(priv_dir, Config), "cookie"),
    _ = file:delete(File),
    ok = file:write_file(File, "epmdpxy\n"),
    ok = file:change_mode(File, 8#400),
    cluster:init(["--node", Name, "--cookie-file", File], Config).

%% As the daemon tells it.
daemon(Config) -> list_to_atom(maps:get("node", status(Config))).

rpc(Config, Name, Function, Args) -> call(Config, Name, rpc, call, [daemon(Config), epmdpxy, Function, Args]).

erpc(Config, Name, Function, Args) ->
    try call(Config, Name, erpc, call, [daemon(Config), epmdpxy, Function, Args]) of
        Result -> Result
    catch Class:Reason -> {Class, Reason}
    end.

rules(Config) -> {ok, Rules} = rpc(Config, "a", rules, []), Rules.

%% ---- how it is called ----

every_form_of_call(Config) ->
    start(Config, ["a", "b"]),
    D = daemon(Config),
    pong = call(Config, "a", net_adm, ping, [D]),
    true = call(Config, "b", net_kernel, connect_node, [D]),
    [D] = call(Config, "a", erlang, nodes, [hidden]),
    [] = call(Config, "a", erlang, nodes, []),
    Args = [[a], [b]],
    ok = call(Config, "a", rpc, call, [D, epmdpxy, cut_cables, Args]),
    ok = call(Config, "a", rpc, call, [D, epmdpxy, fix_cables, Args, 5000]),
    ok = call(Config, "a", erpc, call, [D, epmdpxy, cut_cables, Args]),
    ok = call(Config, "a", erpc, call, [D, epmdpxy, fix_cables, Args, 5000]),
    ok = call(Config, "a", rpc, block_call, [D, epmdpxy, cut_cables, Args]),
    {[ok], []} = call(Config, "a", rpc, multicall, [[D], epmdpxy, fix_cables, Args]),
    [{ok, ok}] = call(Config, "a", erpc, multicall, [[D], epmdpxy, cut_cables, Args]),
    [_] = rules(Config),
    [begin
         {ok, []} = {rpc(Config, "a", clear, []), rules(Config)},
         call(Config, "a", Module, cast, [D, epmdpxy, cut_cables, Args]),
         wait(fun() -> length(rules(Config)) =:= 1 end)
     end || Module <- [rpc, erpc]],
    ok = rpc(Config, "a", clear, []),
    _ = call(Config, "a", erlang, spawn, [D, epmdpxy, cut_cables, Args]),
    wait(fun() -> length(rules(Config)) =:= 1 end),
    {ok, [_]} = call(Config, "a", ?MODULE, later_on, [D]).

later_on(D) -> rpc:yield(rpc:async_call(D, epmdpxy, rules, [])).

%% gen_server's words; and names that are not there.
as_a_server(Config) ->
    start(Config, ["a", "b"]),
    D = daemon(Config),
    Server = {epmdpxy, D},
    ok = call(Config, "a", gen_server, call, [Server, {cut_cables, [a], [b]}]),
    ok = call(Config, "a", gen_server, call, [Server, {fix_cables, [a], [b]}, infinity]),
    {ok, []} = call(Config, "a", gen_server, call, [Server, rules]),
    ok = call(Config, "a", gen_server, cast, [Server, {cut_cables, [a], [b]}]),
    {ok, [_]} = call(Config, "a", gen_server, call, [Server, {rules}]),
    {'EXIT', {{undef, [{epmdpxy, nothing, 0, []}]}, _}} = caught(Config, gen_server, call, [Server, nothing]),
    {'EXIT', {{badarg, [{epmdpxy, cut_cables, 2, []}]}, _}} = caught(Config, gen_server, call, [Server, {cut_cables, 1, b}]),
    {'EXIT', {{{epmdpxy, {unknown, [x]}}, _}, _}} = caught(Config, gen_server, call, [Server, {cut_cables, x, b}]),
    {'EXIT', {noproc, _}} = caught(Config, gen_server, call, [{nobody, D}, rules]),
    {ok, [_]} = call(Config, "a", gen_server, call, [Server, rules]),
    noproc = call(Config, "a", agent, watched, [{nobody, D}, 5000]),
    quiet = call(Config, "a", agent, watched, [Server, 100]),
    {linked, noproc} = call(Config, "a", agent, linked, [D]).

caught(Config, Module, Function, Args) ->
    try call(Config, "a", Module, Function, Args) catch exit:Why -> {'EXIT', Why} end.

what_is_wrong(Config) ->
    start(Config, ["a"]),
    D = daemon(Config),
    {badrpc, {'EXIT', {undef, [{epmdpxy, cut_cables, [a], []}]}}} = rpc(Config, "a", cut_cables, [a]),
    {badrpc, {'EXIT', {undef, [{epmdpxy, nothing, [], []}]}}} = rpc(Config, "a", nothing, []),
    {badrpc, {'EXIT', {undef, [{lists, reverse, [[1]], []}]}}} = call(Config, "a", rpc, call, [D, lists, reverse, [[1]]]),
    {error, {exception, undef, [{epmdpxy, nothing, "ab", []}]}} = erpc(Config, "a", nothing, "ab"),
    [{error, {exception, badarg, [{epmdpxy, cut_cables, _, []}]}} = erpc(Config, "a", cut_cables, Args)
     || Args <- [[1, b], [a, #{}], [{a, b}, c], [[self()], b], [a, fun() -> ok end], [1.5, 1 bsl 80]]],
    {error, {exception, badarg, _}} = erpc(Config, "a", cut, [[[a], [b]], [{mode, hold}]]),
    {error, {exception, badarg, _}} = erpc(Config, "a", await, [{connected, a}, self()]),
    %% As the client of ours: verbs that are named after it raise, the others return.
    {error, {exception, {epmdpxy, {unknown, [x, 'y*']}}, _}} = erpc(Config, "a", cut_cables, [[a, x], "y*"]),
    {error, {unknown, [x]}} = erpc(Config, "a", cut, [[[a], [x]]]),
    {error, {unknown, [x]}} = erpc(Config, "a", isolate, [x]),
    {error, {unknown, [x]}} = erpc(Config, "a", fault, [latency, #{delay => 5}, #{from => a, to => [a, x]}]),
    {error, {refused, 400, <<"mode: ", _/binary>>}} = erpc(Config, "a", cut, [[a, x], #{wait => true, mode => gone}]),
    {error, {refused, 400, <<"colour: no such field", _/binary>>}} = erpc(Config, "a", cut, [[a, x], #{wait => true, colour => red}]),
    [{error, {refused, 400, <<"mode: ", _/binary>>}} = erpc(Config, "a", Function, Args)
     || {Function, Args} <- [{sever, [[a, x], #{wait => true, mode => drop}]}, {halves, [#{mode => drop}]}]],
    {error, {ended, [77]}} = erpc(Config, "a", effect, [77]),
    %% What is such a thing, and wrong, is told in words; nothing is done then.
    [begin
         {error, {refused, 400, <<Said:(byte_size(Field))/binary, ": ", _/binary>>}} = erpc(Config, "a", Function, Args),
         {Args, Field} = {Args, Said}
     end || {Field, Function, Args} <-
                [{<<"redial">>, sever, [[a, x], #{redial => maybe_later}]}, {<<"wait">>, cut, [[a, x], #{wait => 1}]},
                 {<<"owner">>, cut, [[a, x], #{owner => me}]}, {<<"owner">>, cut, [[a, x], #{owner => D}]},
                 {<<"among">>, halves, [#{among => 5}]}, {<<"from">>, fault, [mute, #{}, #{from => 5}]},
                 {<<"between">>, fault, [mute, #{}, #{between => 5}]}, {<<"timeout">>, sever, [[a, x], #{timeout => []}]},
                 {<<"for">>, fault, [mute, #{}, #{for => []}]}, {<<"id">>, effect, [-1]}, {<<"id">>, remove, [1 bsl 40]},
                 {<<"ids">>, remove, [#{ids => lists:seq(1, 1001)}]}, {<<"after">>, events, [-1]},
                 {<<"after">>, await, [{event, cable_up, -1}, 100]}, {<<"condition">>, await, [{connected, 'a b', a}, 100]},
                 {<<"condition">>, await, [{connected, [], a}, 100]}]],
    {ok, []} = erpc(Config, "a", rules, []).

%% ---- what it does ----

the_verbs(Config) ->
    start(Config, ["a", "b", "c"]),
    connect(Config, ["a", "b", "c"]),
    Ask = fun(Function, Args) -> rpc(Config, "a", Function, Args) end,
    D = daemon(Config),
    %% Names of every kind.
    [ok = Ask(cut_cables, Args) || Args <- [[a, b], ["a", "b"], [<<"a">>, [<<"b">>]], [[a, "c"], [node_of(Config, "b")]],
                                           [['a', <<"b">>], "c"], ['[a]', 'b*']]],
    #{fault := partition, islands := [['[a]'], ['b*']], params := #{mode := hold}} = lists:last(rules(Config)),
    ok = Ask(clear, []),
    {ok, #{id := Id, ids := [Id], islands := [[a], [b, c]], notes := []}} = Cut =
        Ask(cut, [[a, [b, c]], #{mode => drop, one_way => true, for => 60000}]),
    {ok, #{cables := 2, dials := 0, held_bytes := _}} = Ask(effect, [element(2, Cut)]),
    [ok, ok] = [Ask(remove, [What]) || What <- [element(2, Cut), Id]],
    [begin
         {ok, #{ids := [_ | _]}} = Ask(Function, Args),
         [#{params := #{mode := Mode}} | _] = rules(Config),
         ok = Ask(fix, [])
     end || {Function, Args, Mode} <- [{isolate, [a], sever}, {isolate, [a, #{redial => refuse}], close}, {halves, [], sever},
                                       {halves, [#{among => [a, b]}], sever}, {random_halves, [#{seed => 3}], sever},
                                       {majorities_ring, [], sever}, {bridge, [b, #{for => "10s"}], sever},
                                       {sever, [[a, b]], sever}, {sever, [[a, b], #{redial => refuse}], close}]],
    {ok, #{islands := [[a, c], [B]]}} = Ask(partition, [[a, c]]),
    B = node_of(Config, "b"),
    [ok, ok] = [Ask(heal, [[[a, c], b]]), Ask(heal, [])],
    ok = Ask(block_traffic_between, [a, [b, c]]),
    ok = Ask(allow_traffic_between, [a, [b, c]]),
    {ok, []} = Ask(rules, []),
    {ok, #{fault := latency, from := [a], to := [b, c], params := #{delay := <<"50ms">>}} = Rule} =
        Ask(fault, [latency, #{delay => 50}, #{from => a, to => [b, c]}]),
    {ok, #{cables := _}} = Ask(effect, [Rule]),
    ok = Ask(remove, [Rule]),
    {ok, #{fault := hide}} = Ask(fault, [hide, #{}, #{nodes => c, for => 5000}]),
    {ok, Kinds} = Ask(kinds, []),
    true = lists:any(fun(Kind) -> maps:get(name, Kind) =:= latency end, Kinds),
    ok = Ask(observer, [[runner, 'ct*']]),
    {ok, #{nodes := Nodes, cables := _, node := Own}} = Ask(status, []),
    Own = atom_to_binary(D),
    [a, b, c] = lists:sort([Name || #{name := Name} <- Nodes]),
    Mark = Ask(mark, []),
    {ok, #{id := _}} = Ask(cut, [[a, b]]),
    {ok, [#{event := rules_changed, id := Next} | _]} = Ask(events, [Mark]),
    true = Next > Mark,
    [#{name := cut_cables, arity := 2, args := <<"A, B">>, help := _} | _] = Ask(functions, []).

%% A cut that is made from outside the split, and one that is made from within; the caller is never cut off from us.
cut_and_fixed_by_rpc(Config) ->
    start(Config, ["a", "b", "c"]),
    connect(Config, ["a", "b", "c"]),
    {ok, _} = rpc(Config, "a", sever, [[a, [b, c]]]),
    ok = rpc(Config, "a", await, [noticed, 10000]),
    wait(fun() -> lists:usort([Node || {Node, _} <- lost(Config, "a")]) =:= lists:sort([node_of(Config, "b"), node_of(Config, "c")]) end),
    ok = rpc(Config, "b", fix_cables, [a, [b, c]]),
    pong = ping(Config, "a", "b"),
    pong = ping(Config, "a", "c"),
    ok = rpc(Config, "c", await, [mesh, 10000]).

%% They go when their owner ends, however; those of nobody stay.
owned_rules(Config) ->
    start(Config, ["a", "b"]),
    D = daemon(Config),
    Own = fun(Name, Function, Args) -> call(Config, Name, agent, own, [D, Function, Args]) end,
    Ids = fun() -> {ok, Rules} = rpc(Config, "a", rules, []), lists:sort([Id || #{id := Id} <- Rules]) end,
    {ok, #{id := Kept}} = rpc(Config, "a", fault, [latency, #{delay => 1}, #{from => b, to => a, owner => none}]),
    {P1, {ok, #{ids := [Cut]}}} = Own("a", cut, [[a, b]]),
    {P2, {ok, #{id := Fault}}} = Own("a", fault, [latency, #{delay => 5}]),
    {P3, {ok, #{ids := [Isolated]}}} = Own("a", isolate, [b]),
    [Kept, Cut, Fault, Isolated] = Ids(),
    A = node_of(Config, "a"),
    {false, [{process, A}, {process, A}, {process, A}]} = {maps:is_key(owner, hd(rules(Config))),
                                                           [{O, Node} || #{owner := O, owner_node := Node} <- rules(Config)]},
    [_, _, _, _] = re:split(epmdpxy(Config, "fault list"), "goes with the process that owns it, of " ++ atom_to_list(A)),
    {error, {refused, 400, <<"owner: ", _/binary>>}} = rpc(Config, "a", cut, [[a, b], #{owner => P1, lease => x}]),
    call(Config, "a", erlang, exit, [P1, kill]),
    wait(fun() -> Ids() =:= [Kept, Fault, Isolated] end),
    ok = rpc(Config, "a", remove, [Isolated]),
    call(Config, "a", erlang, exit, [P3, kill]),
    call(Config, "a", erlang, exit, [P2, kill]),
    wait(fun() -> Ids() =:= [Kept] end),
    %% One that has ended already; one of another node, which nobody can be asked about here; and the end of a connection.
    {ok, _} = rpc(Config, "a", cut, [[a, b], #{owner => P1}]),
    wait(fun() -> Ids() =:= [Kept] end),
    Other = call(Config, "b", erlang, whereis, [init]),
    {error, {refused, 400, <<"owner: must be a process of the node that calls", _/binary>>}} = erpc(Config, "a", cut, [[a, b], #{owner => Other}]),
    {_, {ok, _}} = Own("b", cut, [[a, b]]),
    [Kept, _] = Ids(),
    true = call(Config, "b", erlang, disconnect_node, [D]),
    wait(fun() -> Ids() =:= [Kept] end),
    {_, {ok, _}} = Own("b", cut, [[a, b]]),
    [Kept, _] = Ids(),
    kill(Config, "b"),
    wait(fun() -> Ids() =:= [Kept] end).

%% Nothing is about it: no cut, no fault, no topology, no condition; nor is anything about names.
of_no_cluster(Config) ->
    start(Config, ["a", "b"]),
    connect(Config, ["a", "b"]),
    D = daemon(Config),
    pong = call(Config, "a", net_adm, ping, [D]),
    epmdpxy(Config, "fault add freeze --between '*' '*'"),
    epmdpxy(Config, "fault add hide --node epmdpxy,'*'"),
    epmdpxy(Config, "fault add unlisted --node epmdpxy,'*'"),
    epmdpxy(Config, "cut --mode close --isolate a"),
    epmdpxy(Config, "cut --mode reset 'e*' 'a'"),
    pong = call(Config, "b", net_adm, ping, [D]),
    ok = rpc(Config, "a", await, [noticed, 10000]),
    [false = lists:member(D, [Node || {Node, _} <- lost(Config, Name)]) || Name <- ["a", "b"]],
    Names = epmdpxy(Config, "names"),
    {match, _} = {re:run(Names, "name epmdpxy at port", [{capture, none}]), Names},
    ok = rpc(Config, "a", clear, []),
    %% Two nodes, and a mesh of them; a third is still to come.
    pong = ping(Config, "a", "b"),
    epmdpxy(Config, "wait --timeout 10s up 2"),
    epmdpxy(Config, "wait --timeout 10s mesh"),
    {1, _} = cluster:cli(Config, "wait --timeout 1ms up 3"),
    {ok, #{islands := Halves}} = rpc(Config, "a", halves, []),
    [A, B] = lists:sort(lists:append(Halves)),
    {A, B} = {node_of(Config, "a"), node_of(Config, "b")},
    #{"nodes" := [_, _], "gates" := _} = status(Config).

other_cookie(Config) ->
    start_one(Config, "a", ["-setcookie", "another"]),
    D = daemon(Config),
    pang = call(Config, "a", net_adm, ping, [D]),
    {badrpc, nodedown} = rpc(Config, "a", mark, []),
    {match, _} = {re:run(log(Config), "a connection from a@\\S+ is refused: it has another cookie", [{capture, none}]), log(Config)},
    nomatch = re:run(log(Config), "another\\b(?! cookie)", [{capture, none}]).

taken_name(Config) ->
    start(Config, ["a"]),
    {'EXIT', _} = (catch start_one(Config, ?DAEMON, [])),
    pong = call(Config, "a", net_adm, ping, [daemon(Config)]).

%% erl_call(1) is one.
c_node(Config) ->
    Call = fun(Args) -> string:trim(os:cmd(io_lib:format("ERL_EPMD_PORT=~w timeout 20 erl_call -sname epmdpxy -c epmdpxy -a '~s'",
                                                         [cluster:port(Config), Args]))) end,
    "{ok, []}" = Call("epmdpxy rules []"),
    start(Config, ["a", "b"]),
    "ok" = Call("epmdpxy cut_cables [[a],[b]]"),
    [_] = rules(Config),
    "ok" = Call("epmdpxy fix_cables [a,b]"),
    [] = rules(Config),
    "{badrpc, {'EXIT', {undef, " ++ _ = Call("epmdpxy nothing []").

%% ---- time ----

%% net_ticktime is 4 s: three of them, in which nobody says anything.
idle(Config) ->
    start(Config, ["a"]),
    pong = call(Config, "a", net_adm, ping, [daemon(Config)]),
    timer:sleep(13000),
    [] = lost(Config, "a"),
    [_] = call(Config, "a", erlang, nodes, [hidden]).

%% A node that goes on sending what nobody answers sends no ticks.
one_way_talk(Config) ->
    start(Config, ["a"]),
    D = daemon(Config),
    pong = call(Config, "a", net_adm, ping, [D]),
    [begin
         call(Config, "a", erlang, send, [{epmdpxy, D}, whatever]),
         timer:sleep(100)
     end || _ <- lists:seq(1, 80)],
    [] = lost(Config, "a").

%% Who waits holds nobody up; and what it waits for comes.
waiting(Config) ->
    start(Config, ["a", "b"]),
    connect(Config, ["a", "b"]),
    Answers = [later(fun() -> rpc(Config, "a", await, [{up, 3}, 30000]) end) || _ <- lists:seq(1, 5)],
    Server = later(fun() -> call(Config, "b", gen_server, call, [{epmdpxy, daemon(Config)}, {await, {up, 3}, infinity}, infinity]) end),
    {error, {timeout, <<"not within 200ms: ", _/binary>>}} = rpc(Config, "a", await, [{disconnected, a, b}, 200]),
    ok = rpc(Config, "a", await, [{connected, a, b}, 200]),
    ok = rpc(Config, "a", await, [{mesh, [a, b]}]),
    [{error, nothing_cut} = rpc(Config, "a", await, [Word, 300]) || Word <- [noticed, settled]],
    {ok, #{event := cable_up, from := _, id := Id}} = rpc(Config, "a", await, [{event, cable_up, 0}, 200]),
    {error, {timeout, _}} = rpc(Config, "a", await, [{event, cable_up, Id}, 200]),
    {error, {refused, 400, _}} = rpc(Config, "a", await, [{event, cable_up, 1000000}, 200]),
    {error, {refused, 400, _}} = rpc(Config, "a", await, [never, 200]),
    {error, {refused, 400, _}} = rpc(Config, "a", await, [{up, 3}, 7200000]),
    start(Config, ["c"]),
    [ok, ok, ok, ok, ok] = [Answer() || Answer <- Answers],
    ok = Server().

%% There is room for 32: those who have died meanwhile, or whose time is over, keep none of it.
who_waits_and_leaves(Config) ->
    start(Config, ["a", "b"]),
    D = daemon(Config),
    Await = [D, epmdpxy, await, [{up, 9}, infinity]],
    Room = fun() ->
        case rpc(Config, "a", await, [{up, 9}, 1]) of
            {error, {timeout, _}} -> true;
            {error, {refused, 503, _}} -> false
        end
    end,
    [begin
         true = Room(),
         ok = call(Config, Name, agent, call_many, [32, Module, Function, Await]),
         wait(fun() -> not Room() end),
         Leave(),
         wait(Room)
     end || {Module, Function} <- [{erpc, call}, {agent, linked_to}],
            {Name, Leave} <- [{"a", fun() -> call(Config, "a", agent, kill_many, []) end},
                              {"b", fun() ->
                                       true = call(Config, "b", erlang, disconnect_node, [D]),
                                       wait(Room),
                                       call(Config, "b", agent, kill_many, [])
                                   end}]],
    %% Who does not hear how it ends does not wait.
    [_ = call(Config, "a", Module, Function, Await) || {Module, Function} <- [{rpc, cast}, {erlang, spawn}], _ <- lists:seq(1, 32)],
    true = Room(),
    start(Config, ["c"]),
    ok = call(Config, "c", agent, call_many, [32, erpc, call, Await]),
    wait(fun() -> not Room() end),
    kill(Config, "c"),
    wait(Room).

%% ---- who calls ----

%% A node that was started as `-sname undefined' takes the name that it is given by the first one that it connects with.
without_a_name(Config) ->
    start_one(Config, "nameless", [{anonymous, true}, "-sname", "undefined"]),
    D = daemon(Config),
    true = call(Config, "nameless", net_kernel, connect_node, [D]),
    Given = call(Config, "nameless", erlang, node, []),
    {match, _} = {re:run(atom_to_list(Given), "^[A-Z0-9]{13}@", [{capture, none}]), Given},
    true = is_integer(rpc(Config, "nameless", mark, [])).

long_names(Config) ->
    start(Config, ["a", "b"], [{longnames, "127.0.0.1"}]),
    'epmdpxy@127.0.0.1' = daemon(Config),
    %% Who has called is known with its host, also when it has connected with nobody else; whether b is on that host is not
    %% known yet.
    {badrpc, {'EXIT', {{epmdpxy, {unknown, ['a@127.0.0.2']}}, _}}} = rpc(Config, "a", cut_cables, ['a@127.0.0.2', b]),
    ok = rpc(Config, "a", cut_cables, ['a@127.0.0.1', ["b@127.0.0.1"]]),
    [#{islands := [['a@127.0.0.1'], ['b@127.0.0.1']]}] = rules(Config).

%% Up to a megabyte it is read; what is larger ends the connection, and the next one is as good as ever.
large_requests(Config) ->
    start(Config, ["a"]),
    D = daemon(Config),
    Deep = lists:foldl(fun(_, Term) -> [Term] end, a, lists:seq(1, 100000)),
    {error, {exception, badarg, _}} = erpc(Config, "a", cut_cables, [Deep, b]),
    {error, {exception, {epmdpxy, {refused, 400, _}}, _}} = erpc(Config, "a", cut_cables, [binary:copy(<<"x">>, 1000000), a]),
    {badrpc, nodedown} = rpc(Config, "a", cut_cables, [binary:copy(<<"x">>, 1100000), b]),
    pong = call(Config, "a", net_adm, ping, [D]),
    {match, _} = {re:run(log(Config), "a@\\S+ is disconnected: a message of more than 1 MiB", [{capture, none}]), log(Config)}.

%% ---- long answers ----

-define(NAMES, 900).

%% Names without nodes, kept by their connections; and as many rules as one turn of the daemon does not tell.
crowd(Config) ->
    Sockets = [begin
                   {ok, Socket} = gen_tcp:connect("localhost", cluster:port(Config), [binary, {active, false}]),
                   Name = list_to_binary(io_lib:format("crowd~3..0w", [N])),
                   ok = gen_tcp:send(Socket, <<21:16, $x, 9:16, 77, 0, 6:16, 5:16, 8:16, Name/binary, 0:16>>),
                   {ok, <<118, 0, _:32>>} = gen_tcp:recv(Socket, 6, 10000),
                   Socket
               end || N <- lists:seq(1, ?NAMES)],
    Rules = [["{\"fault\": \"latency\", \"params\": {\"delay\": \"5ms\"}, \"from\": [\"one\"], \"to\": [\"two", integer_to_list(N), "\"]}"]
             || N <- lists:seq(1, 300)],
    _ = cluster:http(Config, "POST", "/v1/rules", ["{\"rules\": [", lists:join(",", Rules), "]}"]),
    Sockets.

%% The same terms as those of a small cluster, however many there are, and whoever asks at once.
large_answers(Config) ->
    start(Config, ["a", "b"]),
    D = daemon(Config),
    true = is_integer(rpc(Config, "b", mark, [])), %% it is known with its host from then on
    {ok, #{nodes := [_, #{full_name := _, hidden := false} = First]}} = rpc(Config, "a", status, []),
    {ok, []} = rpc(Config, "a", rules, []),
    Sockets = crowd(Config),
    {ok, #{nodes := Nodes, rules := Rules, cables := [], hints := Hints, counters := #{}} = Status} = rpc(Config, "a", status, []),
    #{"nodes" := Told} = status(Config),
    true = [list_to_atom(Name) || #{"name" := Name} <- Told] =:= [Name || #{name := Name} <- Nodes],
    {?NAMES + 2, First} = {length(Nodes), lists:last(Nodes)},
    #{name := crowd900, full_name := null, hidden := false, observer := false, port := 9, type := 77} = hd(Nodes),
    true = lists:all(fun is_binary/1, Hints),
    true = lists:sort([list_to_atom(Key) || Key <- maps:keys(status(Config))]) =:= lists:sort(maps:keys(Status)),
    {ok, Rules} = rpc(Config, "a", rules, []),
    300 = length(Rules),
    #{fault := latency, from := [one], to := [two300], params := #{delay := <<"5ms">>}} = lists:last(Rules),
    {ok, Events} = rpc(Config, "a", events, [0]),
    true = length(Events) > 900,
    #{event := rules_changed} = lists:last(Events),
    {ok, []} = rpc(Config, "a", events, [rpc(Config, "a", mark, [])]),
    %% In every form; and by more of them than one node may have under way.
    {ok, Rules} = call(Config, "a", gen_server, call, [{epmdpxy, D}, rules]),
    {ok, Rules} = call(Config, "a", rpc, block_call, [D, epmdpxy, rules, []]),
    {{ok, Rules}, {ok, Rules}} = call(Config, "a", agent, linked_and_watched, [D, epmdpxy, rules, []]),
    Many = [later(fun() -> call(Config, Name, agent, at_once, [40, rpc, call, [D, epmdpxy, Function, []]]) end)
            || Name <- ["a", "b"], Function <- [rules, status]],
    [[begin
          {ok, Answer} = Each,
          true = Answer =:= Rules orelse maps:get(nodes, Answer) =:= Nodes
      end || Each <- Answers()] || Answers <- Many],
    %% A cut deals with all of them; and they are no more.
    {ok, #{id := Id, islands := [[a], Others]}} = rpc(Config, "a", partition, [a]),
    {?NAMES + 1, true} = {length(Others), lists:member(crowd001, Others)},
    {ok, #{bitten := false}} = rpc(Config, "a", effect, [Id]),
    [ok = gen_tcp:close(Socket) || Socket <- Sockets],
    wait(fun() -> {ok, #{nodes := Left}} = rpc(Config, "a", status, []), length(Left) =:= 2 end).

%% In the midst of an answer: those who ask, their connection, and their node.
who_asks_much_and_leaves(Config) ->
    start(Config, ["a", "b", "c"]),
    D = daemon(Config),
    _ = crowd(Config),
    Status = [D, epmdpxy, status, []],
    %% One by one: nobody is left for whom the next piece would be made.
    [begin
         ok = call(Config, "b", agent, leave_at_once, [1, D, status, []]),
         _ = cluster:http(Config, "GET", "/v1", "")
     end || _ <- lists:seq(1, 20)],
    [begin
         ok = call(Config, "b", agent, leave_at_once, [50, D, status, []]),
         ok = call(Config, "b", agent, call_many, [50, Module, Function, Args]),
         {ok, #{nodes := [_ | _]}} = rpc(Config, "b", status, []),
         Leave(),
         {ok, #{nodes := Nodes}} = rpc(Config, "b", status, []),
         ?NAMES + 3 = length(Nodes),
         call(Config, "b", agent, kill_many, [])
     end || {Module, Function, Args} <- [{erpc, call, Status}, {gen_server, call, [{epmdpxy, D}, status]}],
            Leave <- [fun() -> call(Config, "b", agent, kill_many, []), call(Config, "b", agent, call_many, [1, erpc, call, Status]) end,
                      fun() -> true = call(Config, "b", erlang, disconnect_node, [D]) end]],
    ok = call(Config, "c", agent, call_many, [50, erpc, call, Status]),
    kill(Config, "c"),
    wait(fun() -> {ok, #{nodes := Nodes}} = rpc(Config, "a", status, []), length(Nodes) =:= ?NAMES + 2 end).

%% Beyond 16 MiB: that is said, and the next answer is as good as ever.
too_large_an_answer(Config) ->
    start(Config, ["a"]),
    D = daemon(Config),
    Ids = call(Config, "a", ?MODULE, long_rules, [D, 21]),
    {error, {refused, 409, <<"the answer has more than 16 MiB", _/binary>>}} = rpc(Config, "a", rules, []),
    ok = rpc(Config, "a", remove, [#{ids => tl(Ids)}]),
    3500 = call(Config, "a", ?MODULE, names_of_one, [D]).

%% In a node. Each is as long as a request may be.
long_rules(D, Count) ->
    Names = [iolist_to_binary(io_lib:format("n~4..0w~s", [N, lists:duplicate(240, $x)])) || N <- lists:seq(1, 3500)],
    [begin
         {ok, #{id := Id}} = rpc:call(D, epmdpxy, fault, [latency, #{delay => 5}, #{from => Names, to => b, wait => true}]),
         Id
     end || _ <- lists:seq(1, Count)].

names_of_one(D) ->
    {ok, [#{from := Names}]} = rpc:call(D, epmdpxy, rules, []),
    length(Names).
