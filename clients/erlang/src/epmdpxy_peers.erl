%% SPDX-License-Identifier: MIT
%% @private
%% Nodes for tests: controlled over their standard input and output, so that they can be asked during every cut. They belong
%% to epmdpxy_daemon, and end with it, or with their owner; nobody is linked to them.
-module(epmdpxy_peers).
-export([start/2, stop/1, end_one/1, tidy/0]).

-define(BOOT_MS, 60000).
-define(CALL_MS, 30000).
-define(TICKTIME, 4).

-spec start([atom()], map()) -> {ok, [node()]} | {error, epmdpxy:reason()}.
start(Names, Options) ->
    Cookie = maps:get(cookie, Options, own_cookie()),
    _ = epmdpxy_daemon:tick_as(ticktime(Options)),
    case log_dir(Options) of
        {ok, Dir} ->
            Started = [collect(Worker) || Worker <- [begin_one(Name, Cookie, Dir, Options) || Name <- Names]],
            case [Why || {error, Why} <- Started] of
                [] -> {ok, [Node || {ok, Node} <- Started]};
                [Why | _] ->
                    _ = [stop(Node) || {ok, Node} <- Started],
                    {error, {peer_failed, Why}}
            end;
        {error, _} = Error ->
            Error
    end.

-spec stop(node()) -> ok | {error, {unknown, [node()]}}.
stop(Node) ->
    case epmdpxy_daemon:peers() of
        #{Node := Peer} ->
            _ = epmdpxy_daemon:remove_peer(Node),
            end_one(Peer);
        _ ->
            {error, {unknown, [Node]}}
    end.

%% It may have ended meanwhile.
-spec end_one(pid()) -> ok.
end_one(Peer) ->
    try peer:stop(Peer) catch _:_ -> ok end.

ticktime(Options) -> maps:get(ticktime, Options, ?TICKTIME).

%% A VM that is no node has none: one for its nodes then, the same for all that it starts.
own_cookie() ->
    case erlang:get_cookie() of
        nocookie -> list_to_atom("epmdpxy" ++ os:getpid());
        Cookie -> Cookie
    end.

log_dir(#{log_dir := Dir}) -> made(Dir);
log_dir(_) -> made(temporary()).

temporary() ->
    Dir = case os:getenv("TMPDIR") of Set when is_list(Set), Set =/= "" -> Set; _ -> "/tmp" end,
    filename:join(Dir, "epmdpxy-" ++ os:getpid()).

%% Logs in which nothing stands are not left behind.
-spec tidy() -> ok.
tidy() ->
    _ = [file:delete(Log) || Log <- filelib:wildcard(filename:join(temporary(), "*.log")), filelib:file_size(Log) =:= 0],
    _ = file:del_dir(temporary()),
    ok.

made(Dir) ->
    case filelib:ensure_dir(filename:join(Dir, "x")) of
        ok -> {ok, filename:absname(Dir)};
        {error, Why} -> {error, {log_dir, Dir, Why}}
    end.

%% What a node prints goes to its control process's group leader: to one that stays.
begin_one(Name, Cookie, Dir, Options) ->
    spawn_monitor(fun() ->
        case whereis(user) of
            undefined -> ok;
            User -> group_leader(User, self())
        end,
        exit({done, start_one(Name, Cookie, Dir, Options)})
    end).

collect({Pid, Ref}) ->
    receive
        {'DOWN', Ref, process, Pid, {done, Result}} -> Result;
        {'DOWN', Ref, process, Pid, Why} -> {error, Why}
    end.

start_one(Name, Cookie, Dir, Options) ->
    Log = filename:join(Dir, atom_to_list(Name) ++ ".log"),
    Ticktime = ticktime(Options),
    %% They are many on a machine: none waits busily. And none starts a port mapper, should ours be gone.
    Args = ["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none", "-start_epmd", "false",
            "-setcookie", atom_to_list(Cookie), "-kernel", "net_ticktime", integer_to_list(Ticktime), "-kernel", "logger",
            lists:flatten(io_lib:format("[{handler,default,logger_std_h,#{config=>#{file=>~p}}}]", [Log]))]
        ++ maps:get(args, Options, []),
    {Short, Host} = case string:split(atom_to_list(Name), "@") of
        [One] -> {One, #{}};
        [One, At] -> {One, #{host => At, longnames => lists:member($., At)}}
    end,
    Given = Host#{name => Short, connection => standard_io, wait_boot => ?BOOT_MS, args => Args,
                  env => epmdpxy:env() ++ maps:get(env, Options, [])},
    case peer:start(Given) of
        {ok, Peer, Node} -> prepare(Peer, Node, Options);
        {error, Why} -> {error, {Name, Why, Log}}
    end.

prepare(Peer, Node, Options) ->
    try
        ok = peer:call(Peer, code, add_pathsa, [lists:reverse(maps:get(code_path, Options, code:get_path()))], ?CALL_MS),
        _ = [{ok, _} = peer:call(Peer, application, ensure_all_started, [App], ?CALL_MS) || App <- maps:get(apps, Options, [])],
        ok = epmdpxy_daemon:add_peer(Node, Peer, maps:get(owner, Options, none)),
        {ok, Node}
    catch
        _:Why ->
            end_one(Peer),
            {error, {Node, Why}}
    end.
