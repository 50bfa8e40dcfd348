%% SPDX-License-Identifier: MIT
%% A hook of Common Test: one line a test case, into the file "report" beside the folder of the logs.
-module(report).
-export([init/2, pre_init_per_testcase/4, post_end_per_testcase/5, on_tc_skip/4, on_tc_fail/4]).

init(_Id, _Options) -> {ok, #{}}.

pre_init_per_testcase(_Suite, Case, Config, State) ->
    {Config, State#{Case => erlang:monotonic_time(millisecond)}}.

post_end_per_testcase(Suite, Case, _Config, Return, State) ->
    Took = (erlang:monotonic_time(millisecond) - maps:get(Case, State)) / 1000,
    case Return of
        ok -> line("  ok    ~s:~s  ~.1f s~n", [Suite, Case, Took]);
        {ok, _} -> line("  ok    ~s:~s  ~.1f s~n", [Suite, Case, Took]);
        _ -> ok % on_tc_fail has it
    end,
    {Return, State}.

on_tc_fail(Suite, Case, Reason, State) ->
    line("FAILED  ~s:~p~n~s~n", [Suite, Case, indented(Reason)]),
    State.

on_tc_skip(Suite, Case, Reason, State) ->
    line("SKIPPED ~s:~p~n~s~n", [Suite, Case, indented(Reason)]),
    State.

indented(Reason) ->
    Text = lists:flatten(io_lib:format("~P", [Reason, 60])),
    ["      " ++ Line ++ "\n" || Line <- string:split(Text, "\n", all)].

line(Format, Args) ->
    {ok, [[Logs]]} = {ok, [proplists:get_value(logdir, init:get_arguments())]},
    ok = file:write_file(filename:join(filename:dirname(Logs), "report"), io_lib:format(Format, Args), [append]).
