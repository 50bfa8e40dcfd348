%% SPDX-License-Identifier: MIT
%% @private
%% The daemon's program: where it is, and how it is started so that it ends with this VM, however that dies: it ends when its
%% standard input closes.
-module(epmdpxy_program).
-export([find/1, launch/3, close/1]).

-define(START_MS, 20000).

%% EPMDPXY in the environment, the package's priv, PATH; `Given' comes before all.
-spec find(undefined | file:name_all()) -> {ok, file:name_all()} | {error, {no_program, binary()}}.
find(Given) ->
    Places = [Place || Place <- [Given, environment(), private(), on_path()], Place =/= undefined, Place =/= false],
    case Places of
        [Program | _] ->
            case is_program(Program) of
                true -> {ok, Program};
                false -> {error, {no_program, text("there is no program ~ts", [Program])}}
            end;
        [] ->
            {error, {no_program, <<"the program epmdpxy is neither named by the environment variable EPMDPXY, nor in the "
                                   "priv directory of the application epmdpxy, nor in the PATH; build it (meson setup "
                                   "build && ninja -C build), and set EPMDPXY=/path/to/build/epmdpxy">>}}
    end.

environment() ->
    case os:getenv("EPMDPXY") of
        "" -> undefined;
        Path -> Path
    end.

private() ->
    case code:priv_dir(epmdpxy) of
        {error, bad_name} -> undefined;
        Dir -> existing(filename:join(Dir, "epmdpxy"))
    end.

existing(Path) ->
    case is_program(Path) of
        true -> Path;
        false -> undefined
    end.

on_path() -> os:find_executable("epmdpxy").

is_program(Path) -> os:find_executable(filename:basename(Path), filename:dirname(Path)) =/= false.

%% `Number' 0: any free port. The port belongs to the calling process, and ends with it.
-spec launch(file:name_all(), inet:port_number(), map()) ->
          {ok, port(), inet:port_number()} | {error, epmdpxy:reason()}.
launch(Program, Number, Options) ->
    Args = ["serve", "--port", integer_to_list(Number), "--until-stdin-closes"]
        ++ case Options of #{seed := Seed} -> ["--seed", integer_to_list(Seed)]; _ -> [] end
        ++ case Options of #{log := _} -> ["--log-level", "info"]; _ -> [] end,
    %% What it has to say comes on standard error: read along with the number, as nobody else tells why it did not start.
    {Command, Words, More} = case Options of
        #{log := Log} ->
            {"/bin/sh", ["-c", "exec \"$0\" \"$@\" 2>>\"$EPMDPXY_LOG\"", Program | Args],
             [{env, [{"ERL_EPMD_PORT", false}, {"EPMDPXY_LOG", unicode:characters_to_list(Log)}]}]};
        _ ->
            {Program, Args, [stderr_to_stdout, {env, [{"ERL_EPMD_PORT", false}]}]}
    end,
    try open_port({spawn_executable, Command}, [{args, Words}, exit_status, binary, use_stdio, {line, 4096} | More]) of
        Port -> await_number(Port, Program, [], erlang:monotonic_time(millisecond) + ?START_MS)
    catch
        error:Why -> {error, {no_program, text("~ts cannot be run: ~p", [Program, Why])}}
    end.

%% It may have ended meanwhile.
-spec close(port()) -> ok.
close(Port) ->
    try port_close(Port) of true -> ok catch error:badarg -> ok end.

await_number(Port, Program, Said, Until) ->
    receive
        {Port, {data, {_, Line}}} ->
            try {ok, Port, binary_to_integer(string:trim(Line))}
            catch error:badarg -> await_number(Port, Program, [Line | Said], Until)
            end;
        {Port, {exit_status, Status}} ->
            failed(Program, Status, said(Said))
    after max(0, Until - erlang:monotonic_time(millisecond)) ->
        close(Port),
        {error, {program_failed, Program, timeout, said(Said)}}
    end.

said([]) -> <<"it has said nothing: is it epmdpxy?">>;
said(Said) -> iolist_to_binary(lists:join("\n", lists:reverse(Said))).

failed(Program, Status, Said) ->
    case binary:match(Said, <<"until-stdin-closes">>) of
        nomatch -> {error, {program_failed, Program, Status, Said}};
        _ -> {error, {program_too_old, Program}}
    end.

text(Format, Args) -> unicode:characters_to_binary(io_lib:format(Format, Args)).
