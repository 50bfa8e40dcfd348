%% SPDX-License-Identifier: MIT
%% A hook of Common Test: one line a test case, into the file that it is given.
-module(report).
-export([init/2, pre_init_per_testcase/4, post_end_per_testcase/5, on_tc_skip/4, on_tc_fail/4]).

init(_Id, File) -> {ok, #{report => File}}.

pre_init_per_testcase(_Suite, Case, Config, State) ->
    {Config, State#{Case => erlang:monotonic_time(millisecond)}}.

%% To Common Test a case is well whose end_per_testcase crashed; here it is not.
post_end_per_testcase(Suite, Case, Config, Return, State) ->
    Took = (erlang:monotonic_time(millisecond) - maps:get(Case, State)) / 1000,
    Well = Return =:= ok orelse element(1, Return) =:= ok,
    [line(State, "  ok    ~s:~s  ~.1f s~n", [Suite, Case, Took]) || Well], % else on_tc_fail has it
    case proplists:get_value(tc_status, Config) of
        ok when not Well -> {{fail, {end_per_testcase, Return}}, State};
        _ -> {Return, State}
    end.

on_tc_fail(Suite, Case, Reason, State) ->
    line(State, "FAILED  ~s:~p~n~s~n", [Suite, Case, indented(Reason)]),
    State.

on_tc_skip(Suite, Case, Reason, State) ->
    line(State, "SKIPPED ~s:~p~n~s~n", [Suite, Case, indented(Reason)]),
    State.

indented(Reason) ->
    Text = lists:flatten(io_lib:format("~P", [Reason, 60])),
    ["      " ++ Line ++ "\n" || Line <- string:split(Text, "\n", all)].

line(#{report := File}, Format, Args) ->
    ok = file:write_file(File, io_lib:format(Format, Args), [append]).
