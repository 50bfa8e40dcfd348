%% SPDX-License-Identifier: MIT
%% The hook of Common Test and the fixture of EUnit, in VMs of their own that run what is in fixture/.
-module(hook_SUITE).
-include_lib("stdlib/include/assert.hrl").
-export([all/0, removes_and_heals/1, fails_what_leaves/1, fails_what_shows_nothing/1, together/1, judged_together/1, under_exec/1, cannot_start/1, eunit/1, eunit_kills/1]).

-define(BOUND, 120000).

all() -> [removes_and_heals, fails_what_leaves, fails_what_shows_nothing, together, judged_together, under_exec, cannot_start, eunit, eunit_kills].

%% Two cases fail by themselves; theirs is the history.
removes_and_heals(Config) ->
    {{5, 2, {0, 0}}, Logs} = run(Config, "", "[{peers, 3}, {seed, 4711}]"),
    Failed = log_of(Logs, "fails_split"),
    [?assertNotEqual({Word, nomatch}, {Word, string:find(Failed, Word)})
     || Word <- ["seed 4711", "-&gt; cut sever", "cable_down", "this_is_meant", "has left behind"]],
    ?assertNotEqual(nomatch, string:find(log_of(Logs, "dies_split"), "-&gt; cut sever")),
    ?assertEqual(nomatch, string:find(log_of(Logs, "clean"), "left behind")),
    ?assertNotEqual(nomatch, string:find(log_of(Logs, "leaves_a_fault_for_ever"), "has shown nothing")),
    [?assertMatch({_, [_]}, {Case, filelib:wildcard(filename:join(Logs, "**/" ++ Case ++ ".epmdpxy"))})
     || Case <- ["clean", "fails_split", "dies_split"]].

fails_what_leaves(Config) ->
    {{3, 4, {0, 0}}, Logs} = run(Config, "", "[{peers, [x, y]}, {fail_on_left, true}, observer]"),
    ?assertNotEqual(nomatch, string:find(log_of(Logs, "leaves_a_cut"), "left_behind")).

%% The rule of one case has touched nothing. Cuts that have bitten are fine, left or not.
fails_what_shows_nothing(Config) ->
    {{4, 3, {0, 0}}, Logs} = run(Config, "", "[{peers, 3}, {fail_on_vacuous, true}]"),
    ?assertNotEqual(nomatch, string:find(log_of(Logs, "leaves_a_fault_for_ever"), "changed nothing")).

%% What cases that run together make is theirs; the cluster is whole again behind all of them.
together(Config) ->
    {{4, 1, {0, 0}}, Logs} = run(Config, together_SUITE, "", "[{peers, 3}]"),
    ?assertNotEqual(nomatch, string:find(log_of(Logs, "fails_meanwhile"), "-&gt; fault hide")),
    ?assertEqual(["holds_its_cut", "shows_nothing"],
                 [Case || Case <- ["holds_its_cut", "ends_meanwhile", "shows_nothing"],
                          string:find(log_of(Logs, Case), Case ++ " has left behind") =/= nomatch]),
    ?assertNotEqual(nomatch, string:find(log_of(Logs, "end_per_group"), "together has left behind")).

%% Each is judged by its own rules, and counted: the one whose cut is left has failed, or the one whose fault has changed nothing.
judged_together(Config) ->
    {{2, 3, {0, 0}}, _} = run(Config, together_SUITE, "", "[{peers, 3}, {fail_on_left, true}]"),
    {{3, 2, {0, 0}}, Logs} = run(Config, together_SUITE, "", "[{peers, 3}, {fail_on_vacuous, true}]"),
    ?assertNotEqual(nomatch, string:find(log_of(Logs, "shows_nothing"), "shows_nothing has shown nothing")).

%% The runner is a node, and takes no part.
under_exec(Config) ->
    {{5, 2, {0, 0}}, Logs} = run(Config, os:getenv("EPMDPXY") ++ " exec -- ", "[{peers, 3}]"),
    ?assertNotEqual(nomatch, string:find(log_of(Logs, "fails_split"), "cable_down")).

cannot_start(Config) ->
    {{0, 0, {0, 7}}, Logs} = run(Config, "", "[{program, \"/nowhere/epmdpxy\"}]"),
    ?assertNotEqual("", os:cmd("grep -rl 'there is no program /nowhere/epmdpxy' " ++ Logs)),
    %% A misspelt option would be one that is never heeded.
    {{0, 0, {0, 7}}, Misspelt} = run(Config, "", "[{peers, 3}, {fail_on_vacous, true}]"),
    ?assertNotEqual("", os:cmd("grep -rl 'fail_on_vacous is no option' " ++ Misspelt)).

%% The fixture of EUnit: a failed test has the history, and each finds the cluster whole.
eunit(Config) ->
    {error, Dir} = evaluate(Config, "", fun(Here, _) ->
        io_lib:format("code:add_patha(~p), eunit:test(hooked_tests)", [fixture(Here)])
    end),
    {ok, Output} = file:read_file(filename:join(Dir, "output")),
    [?assertMatch({Text, {match, [_]}, _}, {Text, re:run(Output, Text, [global]), Output})
     || Text <- ["Failed: 1\\.  Skipped: 0\\.  Passed: 8\\.", "seed 4711", "-> cut sever  b@",
                 "\\(fails_split\\)\\.\\.\\.\\*failed\\*"]].

%% Who is killed has a history, too.
eunit_kills(Config) ->
    {error, Dir} = evaluate(Config, "", fun(Here, _) ->
        io_lib:format("code:add_patha(~p), eunit:test(late_tests)", [fixture(Here)])
    end),
    {ok, Output} = file:read_file(filename:join(Dir, "output")),
    [?assertMatch({Text, {match, [_]}, _}, {Text, re:run(Output, Text, [global]), Output})
     || Text <- ["timed out", "never_ends:\\n", "seed 4711", "-> cut sever  c@"]].

%% {what ct:run_test says, where the logs are}
run(Config, Before, Hook) -> run(Config, hooked_SUITE, Before, Hook).

run(Config, Suite, Before, Hook) ->
    evaluate(Config, Before, fun(Here, Dir) ->
        io_lib:format("ct:run_test([{suite, ~s}, {dir, ~p}, {logdir, ~p}, {auto_compile, false}, "
                      "{ct_hooks, [{epmdpxy_cth, ~s}]}])", [Suite, fixture(Here), Dir, Hook])
    end).

fixture(Here) -> filename:join(Here, "fixture").

%% In a VM of its own: {the expression's value, the directory with what it has written}
evaluate(Config, Before, Expression) ->
    Dir = filename:join(proplists:get_value(priv_dir, Config), "run" ++ integer_to_list(erlang:unique_integer([positive]))),
    ok = filelib:ensure_dir(filename:join(Dir, "x")),
    Here = filename:dirname(code:which(?MODULE)),
    Eval = io_lib:format("R = begin ~s end, ok = file:write_file(~p, io_lib:format(\"~~p.\", [R])), halt().",
                         [Expression(Here, Dir), filename:join(Dir, "result")]),
    Name = case Before of "" -> ""; _ -> "-sname runner " end,
    Command = io_lib:format("~serl ~s-noinput -pa ~s -pa ~s -eval '~s' >~s 2>&1 </dev/null",
                            [Before, Name, Here, filename:dirname(code:which(epmdpxy)), Eval, filename:join(Dir, "output")]),
    Port = open_port({spawn_executable, "/bin/sh"}, [exit_status, {args, ["-c", lists:flatten(Command)]}]),
    receive {Port, {exit_status, _}} -> ok after ?BOUND -> error(goes_on) end,
    {ok, [Result]} = file:consult(filename:join(Dir, "result")),
    {Result, Dir}.

log_of(Logs, Case) ->
    [File | _] = filelib:wildcard(filename:join(Logs, "**/*." ++ Case ++ "{,.*}.html")),
    {ok, Text} = file:read_file(File),
    Text.
