%% SPDX-License-Identifier: MIT
%% The Erlang client, with a daemon of its own for each case and real nodes.
-module(client_SUITE).
-include_lib("stdlib/include/assert.hrl").
-export([all/0, init_per_testcase/2, end_per_testcase/2, chatter/1]).
-export([cut_cables_is_silent/1, names_in_every_form/1, sever_is_seen_by_all/1, heal_makes_a_mesh/1, shell_word_for_word/1,
         stopped_node_has_not_noticed/1,
         rules_go_with_their_owner/1, owner_none_stays/1, cut_before_it_comes/1, typos/1, with_cut_heals/1, topologies/1, conditions/1, faults/1,
         looking/1, peers_stay/1, peers_go_with_their_owner/1, attached/1, attached_vm_dies/1, launched_vm_dies/1, daemon_dies/1, stock_epmd/1,
         no_program/1, what_cannot_be_starts_nothing/1, not_started/1, observing_runner/1, runner_ticks_alike/1, too_late_to_observe/1, refused_redial/1, errors_have_words/1, flapping/1, effects/1,
         words_of_others/1, adopted_runner/1]).

-define(BOUND, 30000).

all() ->
    [cut_cables_is_silent, names_in_every_form, sever_is_seen_by_all, stopped_node_has_not_noticed, heal_makes_a_mesh, shell_word_for_word,
     rules_go_with_their_owner, owner_none_stays, cut_before_it_comes, typos, with_cut_heals, topologies, conditions, faults, looking, peers_stay,
     peers_go_with_their_owner,
     attached, attached_vm_dies, launched_vm_dies, daemon_dies, stock_epmd, no_program, what_cannot_be_starts_nothing, not_started, observing_runner,
     runner_ticks_alike,
     too_late_to_observe, refused_redial, errors_have_words, flapping, effects, words_of_others,
     adopted_runner].

init_per_testcase(Case, Config) when Case =:= stock_epmd; Case =:= no_program; Case =:= not_started; Case =:= what_cannot_be_starts_nothing; Case =:= attached;
                                     Case =:= attached_vm_dies; Case =:= adopted_runner;
                                     Case =:= shell_word_for_word ->
    Config;
init_per_testcase(_, Config) ->
    {ok, Port} = epmdpxy:start(#{port => 0, seed => 17}),
    [{port, Port} | Config].

end_per_testcase(_, _) ->
    ok = epmdpxy:stop(),
    ?assertEqual(false, os:getenv("ERL_EPMD_PORT")),
    ?assertEqual([], [Log || Log <- filelib:wildcard(filename:join(os:getenv("TMPDIR", "/tmp"), "epmdpxy-*/*.log")),
                             filelib:file_size(Log) =:= 0]).

%% ---- splits ----

%% The wires change at once, the nodes find out by their ticks; what was held arrives.
cut_cables_is_silent(_) ->
    {ok, [A, B, C]} = epmdpxy:peers(3),
    ok = epmdpxy:cut_cables([A], [B, C]),
    ?assertEqual([B, C], sees(A)),
    ok = epmdpxy:fix_cables([A], [B, C]),
    ?assertEqual(A, call(B, erpc, call, [A, erlang, node, []])),
    ok = epmdpxy:cut_cables([A], [B, C]),
    ok = epmdpxy:await(noticed),
    ?assertEqual({[], [C], [B]}, {sees(A), sees(B), sees(C)}),
    ok = epmdpxy:fix_cables([A], [B, C]),
    ok = epmdpxy:heal().

names_in_every_form(_) ->
    {ok, [A, B]} = epmdpxy:peers([name("a"), name("b")]),
    Short = list_to_atom(hd(string:split(atom_to_list(A), "@"))),
    [begin
         ?assertMatch({_, {ok, #{islands := [_, _]}}}, {X, epmdpxy:sever([X, Y])}),
         ?assertEqual({[], []}, {sees(A), sees(B)}),
         ok = epmdpxy:heal([X, Y])
     end || {X, Y} <- [{A, B}, {[A], [B]}, {Short, B}, {atom_to_list(Short), atom_to_list(B)},
                       {atom_to_binary(A), [atom_to_binary(B)]}, {[atom_to_list(A)], [B]},
                       {list_to_atom(atom_to_list(Short) ++ "*"), B}]].

sever_is_seen_by_all(_) ->
    {ok, [A, B, C, D]} = epmdpxy:peers(4),
    [begin
         {ok, _} = epmdpxy:sever([[A, B], [C, D]]),
         ?assertEqual({I, [B], [A], [D], [C]}, {I, sees(A), sees(B), sees(C), sees(D)}),
         ok = epmdpxy:heal(),
         ?assertEqual({I, [B, C, D], [A, C, D], [A, B, D], [A, B, C]}, {I, sees(A), sees(B), sees(C), sees(D)})
     end || I <- lists:seq(1, 20)].

%% Whether a node that does not answer has noticed is not known: sever does not say that it has, and keeps to its time.
stopped_node_has_not_noticed(_) ->
    {ok, [A, B]} = epmdpxy:peers(2),
    Pid = call(B, os, getpid, []),
    os:cmd("kill -STOP " ++ Pid),
    {Took, {error, {timeout, Missing}}} = timer:tc(fun() -> epmdpxy:sever([A, B], #{timeout => 500}) end),
    os:cmd("kill -CONT " ++ Pid),
    ?assertEqual([{no_answer, B, A}], Missing),
    ?assert(Took < 3000000),
    ?assertEqual({error, {bad_option, tmeout}}, epmdpxy:heal([A, B], #{tmeout => 1})),
    ok = epmdpxy:await({disconnected, A, B}, 10000),
    ?assertEqual({[], []}, {sees(A), sees(B)}),
    ok = epmdpxy:heal().

%% Also what global has torn, and only what was asked for.
heal_makes_a_mesh(_) ->
    {ok, [A, B, C]} = epmdpxy:peers(3),
    {ok, _} = epmdpxy:sever([A, B]),
    ok = epmdpxy:heal(),
    ?assertEqual({[B, C], [A, C], [A, B]}, {sees(A), sees(B), sees(C)}),
    {ok, _} = epmdpxy:sever([A, B, C]),
    ok = epmdpxy:heal([A, B]),
    ?assertEqual({[B], [A], []}, {sees(A), sees(B), sees(C)}),
    ok = epmdpxy:heal().

%% Nodes that send to each other all the time dial again at once: they are refused, and do not see each other.
refused_redial(_) ->
    {ok, [A, B]} = epmdpxy:peers(2),
    [_ = call(From, erlang, spawn, [?MODULE, chatter, [To]]) || {From, To} <- [{A, B}, {B, A}]],
    [begin
         {ok, Cut} = epmdpxy:sever([A, B], #{redial => refuse}),
         ?assertEqual({I, [], []}, {I, sees(A), sees(B)}),
         {Took, false} = call(A, timer, tc, [net_kernel, connect_node, [B]]),
         ?assert(Took < 3000000),
         {ok, #{dials := Dials}} = epmdpxy:effect(Cut),
         ?assert(Dials > 0),
         ok = epmdpxy:heal()
     end || I <- lists:seq(1, 20)].

chatter(To) ->
    {nobody, To} ! hello,
    timer:sleep(1),
    chatter(To).

with_cut_heals(_) ->
    {ok, [A, B]} = epmdpxy:peers(2),
    ?assertEqual([], epmdpxy:with_cut([A, B], fun() -> sees(A) end)),
    ?assertEqual([B], sees(A)),
    ?assertError(oops, epmdpxy:with_cut([A, B], fun() -> error(oops) end)),
    ?assertThrow({error, mine}, epmdpxy:with_cut([A, B], fun() -> throw({error, mine}) end)),
    ?assertEqual({[B], {ok, []}}, {sees(A), epmdpxy:rules()}),
    ?assertEqual(false, epmdpxy:with_cut([A, B], #{redial => refuse}, fun() -> call(A, net_kernel, connect_node, [B]) end)),
    ?assertError({epmdpxy, {unknown, [nobody]}}, epmdpxy:with_cut([A, nobody], fun() -> ok end)).

topologies(_) ->
    {ok, [A, B, C, D]} = All = epmdpxy:peers(4),
    {ok, #{islands := [[B], _]}} = epmdpxy:isolate(B),
    ?assertEqual({[C, D], []}, {sees(A), sees(B)}),
    ok = epmdpxy:heal(),
    {ok, _} = epmdpxy:halves(),
    ?assertEqual({[B], [D]}, {sees(A), sees(C)}),
    ok = epmdpxy:heal(),
    {ok, #{seed := Seed, islands := Islands}} = epmdpxy:random_halves(),
    ok = epmdpxy:heal(),
    ?assertMatch({ok, #{islands := Islands}}, epmdpxy:random_halves(#{seed => Seed})),
    ok = epmdpxy:heal(),
    {ok, _} = epmdpxy:halves(#{among => [C, D]}),
    ?assertEqual(false, lists:member(C, sees(D))),
    ok = epmdpxy:heal(),
    All = {ok, lists:sort([A | sees(A)])}.

%% A cut comes again until it is told to stop, or its owner ends.
flapping(_) ->
    {ok, [A, B]} = epmdpxy:peers(2),
    ?assertEqual({error, {unknown, [n7]}}, epmdpxy:flap([A, n7], #{})),
    Mark = epmdpxy:mark(),
    {ok, Flapper} = epmdpxy:flap([A, B], #{period => 100}),
    wait(fun() -> {ok, Events} = epmdpxy:events(Mark), length([1 || #{event := rules_changed} <- Events]) >= 6 end),
    ok = epmdpxy:stop_flap(Flapper),
    ?assertEqual({ok, []}, epmdpxy:rules()),
    {ok, Other} = in_another(fun() -> epmdpxy:flap(halves, #{period => 60000}) end),
    wait(fun() -> not is_process_alive(Other) end),
    wait(fun() -> epmdpxy:rules() =:= {ok, []} end).

words_of_others(_) ->
    {ok, [A, B, C]} = epmdpxy:peers(3),
    ok = epmdpxy:block_traffic_between(A, [B, C]),
    ?assertEqual([], sees(A)),
    ok = epmdpxy:allow_traffic_between(A, B),
    ok = epmdpxy:allow_traffic_between(A, [B, C]),
    ?assertEqual([B, C], sees(A)),
    ?assertError({epmdpxy, {unknown, _}}, epmdpxy:block_traffic_between(A, n7)).

%% ---- whose rules ----

rules_go_with_their_owner(_) ->
    {ok, [A, B]} = epmdpxy:peers(2),
    {Pid, Ref} = spawn_monitor(fun() -> {ok, _} = epmdpxy:sever([A, B]), timer:sleep(infinity) end),
    ok = epmdpxy:await({disconnected, A, B}),
    wait(fun() -> {ok, Rules} = epmdpxy:rules(), length(Rules) =:= 1 end),
    exit(Pid, kill),
    receive {'DOWN', Ref, process, Pid, killed} -> ok end,
    wait(fun() -> epmdpxy:rules() =:= {ok, []} end, 2000),
    Self = self(),
    {ok, _} = in_another(fun() -> epmdpxy:cut([A, B], #{owner => Self}) end),
    timer:sleep(500),
    ?assertMatch({ok, [_]}, epmdpxy:rules()).

owner_none_stays(_) ->
    {ok, [A, B]} = epmdpxy:peers(2),
    {ok, #{id := Id} = Cut} = in_another(fun() -> epmdpxy:cut([A, B], #{owner => none, for => 60000}) end),
    ?assertMatch({ok, [#{id := Id}]}, epmdpxy:rules()),
    ok = epmdpxy:remove(Cut),
    ok = epmdpxy:remove(Id),
    ?assertEqual({ok, []}, epmdpxy:rules()).

%% A cut of a node that is still to come.
cut_before_it_comes(_) ->
    {ok, [A]} = epmdpxy:peers(1),
    Later = name("later"),
    ?assertEqual({error, {unknown, [Later]}}, epmdpxy:sever([A, Later])),
    {ok, Cut} = epmdpxy:sever([A, Later], #{wait => true, redial => refuse}),
    {ok, [B]} = epmdpxy:peers([Later]),
    ?assertEqual(false, call(B, net_kernel, connect_node, [A])),
    ?assertMatch({ok, #{dials := 1, cables := 0}}, epmdpxy:effect(Cut)), % nobody knew A's host before
    ?assertEqual(false, call(A, net_kernel, connect_node, [B])),
    ?assertMatch({ok, #{dials := 2, cables := 0}}, epmdpxy:effect(Cut)),
    ok = epmdpxy:heal(),
    ?assertEqual([B], sees(A)).

typos(_) ->
    {ok, [A, _]} = epmdpxy:peers(2),
    ?assertEqual({error, {unknown, [n7]}}, epmdpxy:cut([A, n7])),
    ?assertEqual({error, {unknown, [n7, 'x*']}}, epmdpxy:sever([A, [n7, 'x*']])),
    ?assertError({epmdpxy, {unknown, [n7]}}, epmdpxy:cut_cables(A, n7)),
    ?assertEqual({error, {unknown, [n7]}}, epmdpxy:isolate(n7)),
    ?assertEqual({error, {unknown, [n7]}}, epmdpxy:halves(#{among => [A, n7]})),
    ?assertEqual({error, {unknown, [n7]}}, epmdpxy:fault(mute, #{}, #{from => n7, to => A})),
    ?assertEqual({ok, []}, epmdpxy:rules()),
    ?assertMatch({ok, _}, epmdpxy:cut([A, n7], #{wait => true})),
    ?assertEqual({error, {bad_option, mod}}, epmdpxy:cut([A, n7], #{mod => hold})),
    ?assertMatch({error, {bad_island, _}}, epmdpxy:cut([A, []])),
    ?assertMatch({error, {bad_name, _}}, epmdpxy:cut([A, [{}]])),
    ?assertMatch({error, {refused, 400, <<"mode", _/binary>>}}, epmdpxy:cut([A, n7], #{mode => cloes, wait => true})).

%% ---- other faults, waiting, looking ----

faults(_) ->
    {ok, [A, B]} = epmdpxy:peers(2),
    {ok, #{fault := latency, id := Id}} = epmdpxy:fault(latency, #{delay => 100}, #{between => [A, B]}),
    {Slow, A} = call(B, timer, tc, [erpc, call, [A, erlang, node, []]]),
    ?assert(Slow >= 200000),
    ok = epmdpxy:remove(Id),
    {Fast, A} = call(B, timer, tc, [erpc, call, [A, erlang, node, []]]),
    ?assert(Fast < 150000),
    2 = epmdpxy:with_faults([{mute, #{}, #{from => A, to => B}},
                             {bandwidth, #{rate => "1mbit"}, #{from => B, to => A, for => "30s"}}],
                            fun() -> {ok, Rules} = epmdpxy:rules(), length(Rules) end),
    ?assertError(oops, epmdpxy:with_faults([{mute, #{}, #{from => A, to => B}}], fun() -> error(oops) end)),
    ?assertEqual({ok, []}, epmdpxy:rules()),
    {ok, _} = epmdpxy:fault(hide, #{}, #{nodes => A}),
    ok = epmdpxy:clear(),
    ?assertEqual({ok, []}, epmdpxy:rules()),
    {ok, [_ | _]} = epmdpxy:kinds().

effects(_) ->
    {ok, [A, B]} = epmdpxy:peers(2),
    {ok, Cut} = epmdpxy:sever([A, B]),
    ?assertMatch({ok, #{cables := 1}}, epmdpxy:effect(Cut)),
    ok = epmdpxy:heal(),
    ?assertMatch({error, {ended, [_]}}, epmdpxy:effect(Cut)),
    {ok, #{id := Id}} = epmdpxy:fault(hide, #{}, #{nodes => A}),
    ?assertMatch({ok, #{cables := 0, lookups := 0}}, epmdpxy:effect(Id)).

conditions(_) ->
    {ok, [A]} = epmdpxy:peers(1),
    ok = epmdpxy:await(mesh, 1000),
    {ok, [B, C]} = epmdpxy:peers(2),
    ?assertMatch({error, {timeout, _}}, epmdpxy:await(mesh, 100)),
    ok = epmdpxy:heal(),
    ok = epmdpxy:await({up, 3}, 1000),
    ok = epmdpxy:await({up, [A, B, C]}, 1000),
    ok = epmdpxy:await(mesh, 1000),
    ok = epmdpxy:await({mesh, [A, B]}, 1000),
    ok = epmdpxy:await({connected, A, [B, C]}, 1000),
    [?assertEqual({Word, {error, nothing_cut}}, {Word, epmdpxy:await(Word, 1000)}) || Word <- [noticed, settled]],
    ok = epmdpxy:cut_cables(A, [B, C]),
    ?assertMatch({error, {timeout, <<_/binary>>}}, epmdpxy:await(settled, 300)),
    ?assertMatch({error, {refused, 400, <<"timeout: ", _/binary>>}}, epmdpxy:await(settled, 100)),
    ok = epmdpxy:fix(),
    ?assertMatch({error, {timeout, _}}, epmdpxy:await({disconnected, A, B}, 100)),
    ?assertMatch({error, {timeout, {not_registered, [n7]}}}, epmdpxy:await({up, [A, n7]}, 100)),
    Mark = epmdpxy:mark(),
    ?assertMatch({error, {timeout, _}}, epmdpxy:await({event, cable_down, Mark}, 100)),
    {ok, _} = epmdpxy:cut([A, [B, C]], #{mode => close}),
    ok = epmdpxy:await(settled, 2000),
    ?assertEqual({[], [C], [B]}, {sees(A), sees(B), sees(C)}),
    ok = epmdpxy:await(noticed, 1000),
    ok = epmdpxy:await({disconnected, A, B}, 1000),
    {ok, #{event := cable_down}} = epmdpxy:await({event, cable_down, Mark}, 1000),
    {ok, #{cable := _}} = epmdpxy:await({event, #{event => cable_down, why => <<"a cut closes it">>}, Mark}, 1000),
    ?assertMatch({error, {timeout, _}}, epmdpxy:await(mesh, 100)),
    ok = epmdpxy:heal(),
    ok = epmdpxy:await(quiet, 10000).

looking(_) ->
    {ok, [A, B]} = epmdpxy:peers(2),
    {ok, #{nodes := [_, _], cables := [#{state := up}], seed := 17}} = epmdpxy:status(),
    {ok, #{daemon := launched, seed := 17, peers := [_, _]}} = epmdpxy:info(),
    Mark = epmdpxy:mark(),
    {ok, _} = epmdpxy:sever([A, B]),
    {ok, Events} = epmdpxy:events(Mark),
    ?assertMatch([_ | _], [E || #{event := cable_down, from := X} = E <- Events, X =:= A orelse X =:= B]),
    History = unicode:characters_to_list(epmdpxy:history()),
    [?assertNotEqual(nomatch, string:find(History, Word)) || Word <- ["seed 17", "-> cut sever", atom_to_list(A), "node_up"]],
    ?assertEqual(nomatch, string:find(epmdpxy:history(Mark), "node_up")).

%% ---- whose daemon, whose nodes ----

%% Suites start nodes in processes that end at once.
peers_stay(Config) ->
    {ok, [A, B]} = in_another(fun() -> epmdpxy:peers([name("p"), name("q")], #{apps => [crypto], args => ["-hello", "world"]}) end),
    ?assertEqual([B], sees(A)),
    ?assertEqual({ok, [["world"]]}, call(A, init, get_argument, [hello])),
    ?assert(lists:keymember(crypto, 1, call(A, application, which_applications, []))),
    ?assertEqual(4, call(A, net_kernel, get_net_ticktime, [])),
    ?assert(is_list(call(A, code, which, [?MODULE]))),
    ?assertEqual(integer_to_list(proplists:get_value(port, Config)), call(A, os, getenv, ["ERL_EPMD_PORT"])),
    ok = epmdpxy:stop_peer(B),
    wait(fun() -> sees(A) =:= [] end),
    ?assertEqual({error, {unknown, [B]}}, epmdpxy:stop_peer(B)),
    ?assertError({epmdpxy, {unknown, [B]}}, epmdpxy:call(B, erlang, node, [])),
    ?assertError(badarg, epmdpxy:call(A, erlang, atom_to_list, [1])),
    ?assertEqual(node(), epmdpxy:call(node(), erlang, node, [])).

%% With the owner's rules, in whatever order it is told.
peers_go_with_their_owner(_) ->
    Test = self(),
    Owner = spawn(fun() ->
        {ok, [A, B]} = epmdpxy:peers(2, #{owner => self()}),
        {ok, _} = epmdpxy:sever([A, B]),
        {ok, [C]} = in_another(fun() -> epmdpxy:peers(1, #{owner => Test}) end),
        Test ! {self(), [A, B, C]},
        receive stop -> ok end
    end),
    [A, B, C] = receive {Owner, Nodes} -> Nodes after ?BOUND -> error(none_started) end,
    {ok, #{peers := Peers}} = epmdpxy:info(),
    ?assertEqual(lists:sort([A, B, C]), lists:sort(Peers)),
    Owner ! stop,
    wait(fun() -> {ok, #{peers := Left}} = epmdpxy:info(), Left =:= [C] end),
    wait(fun() -> epmdpxy:rules() =:= {ok, []} end),
    wait(fun() -> {ok, #{nodes := Known}} = epmdpxy:status(), length(Known) =:= 1 end),
    ?assertEqual({error, {bad_option, {owner, me}}}, epmdpxy:peers(1, #{owner => me})),
    ok = epmdpxy:stop_peer(C).

%% A daemon that was there stays, and so do the rules of others.
attached(Config) ->
    {Port, End} = daemon(Config),
    {ok, Port} = epmdpxy:start(Port),
    ?assertMatch({ok, #{daemon := attached}}, epmdpxy:info()),
    {ok, [A, B]} = epmdpxy:peers(2),
    {ok, #{id := Others}} = epmdpxy:cut([A, B], #{owner => none}),
    {ok, _} = epmdpxy:fault(mute, #{}, #{from => A, to => B}),
    ok = epmdpxy:observer('runner*'),
    ok = epmdpxy:stop(),
    ?assertEqual({error, not_started}, epmdpxy:status()),
    {ok, Port} = epmdpxy:start(Port),
    ?assertMatch({ok, [#{id := Others}]}, epmdpxy:rules()),
    ?assertMatch({ok, #{<<"observers">> := []}}, epmdpxy_client:request(Port, get, "/v1/observers")),
    ok = epmdpxy:stop(),
    End().

%% Its rules end with their lease.
attached_vm_dies(Config) ->
    {Port, End} = daemon(Config),
    {Vm, Pid} = vm([]),
    {ok, Port} = peer:call(Vm, epmdpxy, start, [Port]),
    {ok, _} = peer:call(Vm, epmdpxy, cut, [[a, b], #{wait => true, owner => peer:call(Vm, erlang, whereis, [init])}]),
    {ok, Port} = epmdpxy:start(Port),
    timer:sleep(4000), % a renewal
    ?assertMatch({ok, [_]}, epmdpxy:rules()),
    kill(Vm, Pid),
    wait(fun() -> epmdpxy:rules() =:= {ok, []} end, 12000),
    ok = epmdpxy:stop(),
    End().

launched_vm_dies(_) ->
    {Vm, Pid} = vm([]),
    {ok, Port} = peer:call(Vm, epmdpxy, start, [0]),
    {epmdpxy, _} = epmdpxy_client:probe(Port),
    kill(Vm, Pid),
    wait(fun() -> epmdpxy_client:probe(Port) =:= nobody end, 5000).

daemon_dies(_) ->
    {ok, #{pid := Pid}} = epmdpxy:status(),
    Before = os:getenv("ERL_EPMD_PORT"),
    [] = os:cmd("kill -KILL " ++ integer_to_list(Pid)),
    wait(fun() -> is_tuple(catch epmdpxy:port()) end),
    ?assertMatch({error, {daemon_ended, _, _}}, epmdpxy:status()),
    ?assertNotEqual(Before, os:getenv("ERL_EPMD_PORT")),
    no_node_starts().

%% Where nodes look then, nobody can begin to listen: they fail, and start no port mapper of their own.
stock_epmd(_) ->
    {ok, Listener} = gen_tcp:listen(0, [binary, {active, false}, {reuseaddr, true}]),
    {ok, Port} = inet:port(Listener),
    {Mapper, _} = spawn_monitor(fun() -> port_mapper(Listener, Port) end),
    ok = gen_tcp:controlling_process(Listener, Mapper),
    ?assertEqual({error, {stock_epmd, Port}}, epmdpxy:start(Port)),
    ?assertNotEqual(nomatch, string:find(epmdpxy:format_error({stock_epmd, Port}), "start(0)")),
    ?assertNotEqual(integer_to_list(Port), os:getenv("ERL_EPMD_PORT")),
    no_node_starts(),
    {ok, _} = epmdpxy:start(0),
    {ok, [_]} = epmdpxy:peers(1),
    exit(Mapper, kill).

no_program(Config) ->
    ?assertMatch({error, {no_program, _}}, epmdpxy:start(#{port => 0, program => "/nowhere/epmdpxy"})),
    ?assertEqual({error, {bad_option, prt}}, epmdpxy:start(#{prt => 0})),
    ?assertMatch({error, {program_failed, "/bin/false", 1, <<"it has said nothing: is it epmdpxy?">>}},
                 epmdpxy:start(#{port => 0, program => "/bin/false"})),
    Old = filename:join(proplists:get_value(priv_dir, Config), "old"),
    ok = file:write_file(Old, "#!/bin/sh\necho \"epmdpxy serve: no such option: $4\" >&2; exit 2\n"),
    ok = file:change_mode(Old, 8#755),
    ?assertEqual({error, {program_too_old, Old}}, epmdpxy:start(#{port => 0, program => Old})),
    Log = filename:join(proplists:get_value(priv_dir, Config), "daemon.log"),
    {ok, _} = epmdpxy:start(#{port => 0, log => Log}),
    {ok, [_]} = epmdpxy:peers(["logged"]),
    ok = epmdpxy:stop(),
    {ok, Said} = file:read_file(Log),
    ?assertNotEqual(nomatch, string:find(Said, "logged is registered")),
    ok = epmdpxy:stop().

what_cannot_be_starts_nothing(_) ->
    [?assertEqual({error, {bad_option, Wrong}}, epmdpxy:start(Wrong)) || Wrong <- [foo, "4369", {port, 0}, 1.5, [{port, 0}]]],
    [?assertEqual({error, {bad_option, {port, Port}}}, epmdpxy:start(Start))
     || {Port, Start} <- [{99999, 99999}, {-1, -1}, {x, #{port => x}}, {"0", #{port => "0"}}]],
    [?assertEqual({error, {bad_option, {Name, Value}}}, epmdpxy:start(#{port => 0, Name => Value}))
     || {Name, Value} <- [{observer, yes}, {strict, 1}, {seed, "17"}, {program, 17}, {log, {x}}]],
    try
        [begin
             true = os:putenv("ERL_EPMD_PORT", Text),
             ?assertEqual({error, {bad_option, {"ERL_EPMD_PORT", Text}}}, epmdpxy:start())
         end || Text <- ["abc", "0", "70000", "1x"]]
    after
        os:unsetenv("ERL_EPMD_PORT")
    end,
    ?assertEqual({error, not_started}, epmdpxy:info()),
    [?assertNotEqual(nomatch, string:find(epmdpxy:format_error({bad_option, {Port, 99999}}), "from 0 to 65535"))
     || Port <- [port, "ERL_EPMD_PORT"]].

not_started(_) ->
    ?assertEqual({error, not_started}, epmdpxy:cut([a, b])),
    ?assertEqual({error, not_started}, epmdpxy:sever([a, b])),
    ?assertEqual({error, not_started}, epmdpxy:heal()),
    ?assertEqual({error, not_started}, epmdpxy:peers(1)),
    ?assertError({epmdpxy, not_started}, epmdpxy:cut_cables([a], [b])),
    ?assertError({epmdpxy, not_started}, epmdpxy:env()).

errors_have_words(Config) ->
    Port = proplists:get_value(port, Config),
    ?assertEqual({ok, Port}, epmdpxy:start()),
    ?assertEqual({ok, Port}, epmdpxy:start(0)),
    ?assertEqual({error, {already_started, Port}}, epmdpxy:start(1 + Port)),
    [?assert(is_binary(unicode:characters_to_binary(epmdpxy:format_error(Why))))
     || Why <- [not_started, {already_started, 1}, {stock_epmd, 1}, {port_taken, 1}, {no_program, <<"x">>},
                {program_too_old, "x"}, {daemon_too_old, 1}, {program_failed, "x", 1, <<>>}, {daemon_ended, 1, <<>>},
                {lost, 1, closed}, {refused, 400, <<"x">>}, {unknown, [a, 'b@c']}, {bad_island, x}, {connected, [a@b]},
                nothing_cut, {timeout, <<"x">>}, {timeout, x}]],
    %% In a shell it is {ended, "M"}.
    ?assertNotEqual(nomatch, string:find(epmdpxy:format_error({ended, [77]}), "[77]")).

%% The README of the prototype, in a shell that is no node. A mistake in the shell does not take the cut away.
shell_word_for_word(_) ->
    Number = free_port(),
    Shell = open_port({spawn_executable, os:find_executable("erl")},
                      [binary, exit_status, stderr_to_stdout, {args, ["-pa", filename:dirname(code:which(epmdpxy))]}]),
    say(Shell, "epmdpxy:start(~w).", [Number]),
    hear(Shell, "{ok,"),
    Env = [{"ERL_EPMD_PORT", integer_to_list(Number)}],
    Nodes = [begin
                 {ok, Peer, Node} = peer:start(#{name => list_to_atom("node" ++ integer_to_list(I)), connection => standard_io,
                                                 env => Env, args => ["-setcookie", "shell", "-kernel", "net_ticktime", "4"]}),
                 {Peer, Node}
             end || I <- lists:seq(1, 5)],
    [[pong = peer:call(P, net_adm, ping, [N]) || {_, N} <- Nodes] || {P, _} <- Nodes],
    Seen = fun() -> [length(peer:call(P, erlang, nodes, [])) || {P, _} <- Nodes] end,
    say(Shell, "epmdpxy:cut_cables([node1, node2], [node3, node4, node5]).", []),
    hear(Shell, "ok"),
    say(Shell, "epmdpxy:cut_cables([node1], [node6]).", []),
    hear(Shell, "unknown"),
    wait(fun() -> Seen() =:= [1, 1, 2, 2, 2] end),
    say(Shell, "epmdpxy:fix_cables([node1, node2], [node3, node4, node5]).", []),
    hear(Shell, "ok"),
    [[pong = peer:call(P, net_adm, ping, [N]) || {_, N} <- Nodes] || {P, _} <- Nodes],
    wait(fun() -> Seen() =:= [4, 4, 4, 4, 4] end),
    say(Shell, "halt().", []),
    receive {Shell, {exit_status, 0}} -> ok after ?BOUND -> error(shell_goes_on) end,
    wait(fun() -> epmdpxy_client:probe(Number) =:= nobody end, 5000),
    [peer:stop(P) || {P, _} <- Nodes].

%% ---- a runner that is a node ----

%% It is connected with both sides, asks them over the distribution, and splits stay clean.
observing_runner(_) ->
    {Vm, _} = vm([{name, name("runner")}]),
    {ok, _} = peer:call(Vm, epmdpxy, start, [#{}]),
    ?assertMatch({ok, #{daemon := attached}}, peer:call(Vm, epmdpxy, info, [])),
    Runner = peer:call(Vm, erlang, node, []),
    {ok, [A, B, C]} = peer:call(Vm, epmdpxy, peers, [3], ?BOUND),
    true = peer:call(Vm, net_kernel, connect_node, [A]),
    [true = peer:call(Vm, net_kernel, connect_node, [N]) || N <- [A, B, C]],
    {ok, #{islands := _} = Cut} = peer:call(Vm, epmdpxy, sever, [[A, [B, C]]], ?BOUND),
    ?assertEqual([Runner], peer:call(Vm, erpc, call, [A, erlang, nodes, [connected]])),
    ?assertEqual(lists:sort([Runner, C]), lists:sort(peer:call(Vm, erpc, call, [B, erlang, nodes, [connected]]))),
    ?assertEqual(nomatch, string:find(maps:get(advice, Cut, ""), "clean islands")),
    ok = peer:call(Vm, epmdpxy, heal, [], ?BOUND),
    ?assertEqual([B, C], lists:sort(peer:call(Vm, erpc, call, [A, erlang, nodes, []]))),
    ok = peer:call(Vm, epmdpxy, stop, [], ?BOUND),
    peer:stop(Vm).

%% With 60 s here and 4 s there an idle link would be lost without any cut.
runner_ticks_alike(_) ->
    {Vm, _} = vm([{name, name("runner")}]),
    {ok, _} = peer:call(Vm, epmdpxy, start, [#{}]),
    Ticktime = fun() -> peer:call(Vm, net_kernel, get_net_ticktime, []) end,
    ?assertEqual(60, Ticktime()),
    {ok, [A]} = peer:call(Vm, epmdpxy, peers, [1], ?BOUND),
    ?assertEqual(4, Ticktime()),
    true = peer:call(Vm, net_kernel, connect_node, [A]),
    {ok, [_]} = peer:call(Vm, epmdpxy, peers, [1, #{ticktime => 5}], ?BOUND),
    ?assertEqual(5, Ticktime()),
    %% A node that may go by what it was.
    {ok, [B]} = epmdpxy:peers(1, #{cookie => peer:call(Vm, erlang, get_cookie, [])}),
    true = peer:call(Vm, net_kernel, connect_node, [B]),
    {ok, [_]} = peer:call(Vm, epmdpxy, peers, [1, #{ticktime => 6}], ?BOUND),
    ?assertEqual(5, Ticktime()),
    ok = peer:call(Vm, epmdpxy, stop, [], ?BOUND),
    ?assertEqual(60, Ticktime()),
    peer:stop(Vm).

%% A node on a stock port mapper: others reach it all the same.
adopted_runner(_) ->
    Number = free_port(),
    Stock = open_port({spawn_executable, os:find_executable("epmd")}, [{args, ["-port", integer_to_list(Number)]}, exit_status]),
    {os_pid, Pid} = erlang:port_info(Stock, os_pid),
    try adopted(Number) after os:cmd("kill " ++ integer_to_list(Pid)) end.

adopted(Number) ->
    wait(fun() -> epmdpxy_client:probe(Number) =:= port_mapper end),
    {Vm, _} = vm([{name, name("runner")}], [{"ERL_EPMD_PORT", integer_to_list(Number)}]),
    ?assertEqual({error, {stock_epmd, Number}}, peer:call(Vm, epmdpxy, start, [])),
    {ok, _} = peer:call(Vm, epmdpxy, start, [0]),
    {ok, #{adopted := true}} = peer:call(Vm, epmdpxy, info, []),
    {ok, [A, B]} = peer:call(Vm, epmdpxy, peers, [2], ?BOUND),
    #{A := Peer} = peer:call(Vm, epmdpxy_daemon, peers, []),
    Runner = peer:call(Vm, erlang, node, []),
    true = peer:call(Vm, peer, call, [Peer, net_kernel, connect_node, [Runner]]),
    {ok, _} = peer:call(Vm, epmdpxy, sever, [[A, B]], ?BOUND),
    ?assertEqual([A], peer:call(Vm, erlang, nodes, [hidden])),
    ok = peer:call(Vm, epmdpxy, stop, [], ?BOUND),
    peer:stop(Vm).

too_late_to_observe(_) ->
    {ok, [A, B]} = epmdpxy:peers(2),
    ?assertEqual({error, {connected, [B]}}, epmdpxy:observer(A)),
    ?assertEqual({error, {connected, [A, B]}}, epmdpxy:observer([A, B])),
    ?assertEqual({error, {connected, [B]}}, epmdpxy:observer(A, [B, later])),
    {ok, [C]} = epmdpxy:peers(1),
    ok = epmdpxy:observer(A, C),
    true = call(A, net_kernel, connect_node, [C]),
    ?assertEqual({[B], [C], []}, {call(A, erlang, nodes, []), call(A, erlang, nodes, [hidden]), call(C, erlang, nodes, [])}),
    ok = epmdpxy:observer(not_here_yet).

%% ---- help ----

call(Node, Module, Function, Args) -> epmdpxy:call(Node, Module, Function, Args, ?BOUND).

sees(Node) -> lists:sort(call(Node, erlang, nodes, [connected])).

name(Text) -> list_to_atom(peer:random_name(Text)).

in_another(Fun) ->
    {Pid, Ref} = spawn_monitor(fun() -> exit({done, Fun()}) end),
    receive {'DOWN', Ref, process, Pid, {done, Result}} -> Result end.

%% Another VM with this code; {Peer, its process's number}.
vm(Options) -> vm(Options, []).

vm(Options, Env) ->
    Named = case Options of [{name, Name}] -> #{name => Name}; [] -> #{} end,
    {ok, Vm, _} = peer:start(Named#{connection => standard_io, env => Env, args => ["-setcookie", "vm" | paths()]}),
    {Vm, peer:call(Vm, os, getpid, [])}.

paths() -> lists:append([["-pa", filename:dirname(code:which(Module))] || Module <- [?MODULE, epmdpxy]]).

kill(Vm, Pid) ->
    [] = os:cmd("kill -KILL " ++ Pid),
    catch peer:stop(Vm).

%% One that somebody else has started; {port, a fun that ends it}.
daemon(_Config) ->
    Daemon = open_port({spawn_executable, os:getenv("EPMDPXY")},
                       [{args, ["serve", "--port", "0", "--until-stdin-closes"]}, {line, 100}, exit_status, use_stdio]),
    receive
        {Daemon, {data, {eol, Line}}} -> {list_to_integer(Line), fun() -> port_close(Daemon) end}
    after ?BOUND ->
        error(no_daemon)
    end.

free_port() ->
    {ok, Socket} = gen_tcp:listen(0, []),
    {ok, Port} = inet:port(Socket),
    gen_tcp:close(Socket),
    Port.

%% What the stock one answers to NAMES_REQ; it closes at what is too long for a request.
port_mapper(Listener, Port) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    case gen_tcp:recv(Socket, 0) of
        {ok, <<1:16, $n>>} -> gen_tcp:send(Socket, <<Port:32>>);
        _ -> ok
    end,
    gen_tcp:close(Socket),
    port_mapper(Listener, Port).

no_node_starts() ->
    Said = os:cmd("erl -noinput -sname nobody -eval 'io:format(\"started\"), halt().' 2>&1"),
    ?assertEqual({nomatch, Said}, {string:find(Said, "started"), Said}),
    ?assertEqual(nobody, epmdpxy_client:probe(list_to_integer(os:getenv("ERL_EPMD_PORT")))).

say(Shell, Format, Args) -> port_command(Shell, io_lib:format(Format ++ "\n", Args)).

%% Until it has said that, in one or more pieces.
hear(Shell, Word) -> hear(Shell, Word, <<>>).

hear(Shell, Word, Said) ->
    receive
        {Shell, {data, Data}} ->
            All = <<Said/binary, Data/binary>>,
            case string:find(All, Word) of
                nomatch -> hear(Shell, Word, All);
                _ -> ok
            end
    after ?BOUND ->
        error({not_heard, Word, Said})
    end.

wait(Fun) -> wait(Fun, ?BOUND).

wait(Fun, Bound) when Bound =< 0 -> error({never_came_true, Fun});
wait(Fun, Bound) ->
    case Fun() of
        true -> ok;
        false -> timer:sleep(20), wait(Fun, Bound - 20)
    end.
