%% SPDX-License-Identifier: MIT
%% Hundreds of rules a second come and go under traffic. Two nodes are named by no rule: they must not notice anything,
%% neither between them nor with the others. STORM_SECONDS is how long; STORM_SEED repeats the rules of a run.
-module(storm_SUITE).
-compile([export_all, nowarn_export_all]).

-import(cluster, [start/3, start_one/3, kill/2, call/5, node_of/2, sees/2, wait/1, wait/2, wait_mesh/2, later/1, now_ms/0,
                  ping/3, lost/2, send/4, got/3, send_blob/4, epmdpxy/2, cables/1, counter/2, status/1]).

-define(STORMY, ["n1", "n2", "n3", "n4"]).
-define(CALM, ["s1", "s2"]).
-define(NODE, ["-connect_all", "false", "-kernel", "net_setuptime", "2"]).
-define(RULES_MAX, 8).        % at a time: with more of them nothing would ever get through
-define(LONG_MS, 1500).       % some last longer, and nobody removes them ...
-define(LONG_OF_100, 2).      % ... so many of them, that some are there most of the time
-define(PIPES_MAX, 64).       % file descriptors that the daemon may keep for later

suite() -> [{timetrap, {seconds, 120 + seconds()}}].

all() -> [storm].

init_per_testcase(_, Config) -> cluster:init([], Config).
end_per_testcase(_, Config) -> cluster:'end'(Config).

seconds() -> list_to_integer(os:getenv("STORM_SECONDS", "12")).

storm(Config) ->
    Names = ?STORMY ++ ?CALM,
    start(Config, Names, ?NODE),
    mesh(Config, Names),
    {Before, Pids} = {descriptors(Config), pids(Config)},
    [ok = call(Config, Name, agent, load, [[node_of(Config, Other) || Other <- ?STORMY -- [Name]], 5]) || Name <- ?STORMY],
    Calm = [later(fun() -> talk(Config, From, To) end) || {From, To} <- calm_pairs()],
    Blobs = spawn(fun() -> blobs(Config) end),
    Storm = later(fun() -> blow(Config) end),
    timer:sleep(seconds() * 500), % in the middle of it one of the nodes dies, and comes back
    kill(Config, "n4"),
    start_one(Config, "n4", ?NODE),
    {_, Missed} = Storm(),
    exit(Blobs, kill),
    epmdpxy(Config, "fault clear"),
    check_calm(Config, [Wait() || Wait <- Calm]),
    mesh(Config, Names),
    [call(Config, Name, agent, stop_load, []) || Name <- ?STORMY -- ["n4"]],
    check_order(Config),
    check_daemon(Config, Missed),
    check_descriptors(Config, Before),
    {Pids, _} = {pids(Config), "no node has crashed"}.

%% ---- what must come of it ----

%% They do not dial by themselves; and a dial that was held may take a while to fail.
mesh(Config, Names) ->
    Pairs = [{A, B} || A <- Names, B <- Names, A < B],
    wait(fun() -> lists:all(fun({A, B}) -> ping(Config, A, B) =:= pong end, Pairs) end),
    wait_mesh(Config, Names).

pids(Config) -> [call(Config, Name, os, getpid, []) || Name <- (?STORMY -- ["n4"]) ++ ?CALM].

%% No rule names either of the two: nothing is lost, nothing comes twice, and nobody notices anything.
check_calm(Config, Talks) ->
    [{From, To, true} = {From, To, got(Config, To, From) =:= lists:seq(1, Last)} || {From, To, Last} <- Talks],
    [[] = [Node || {Node, _} <- lost(Config, Name), Node =/= node_of(Config, "n4")] || Name <- ?CALM].

%% What came over many connections came once, and in order. (n4's life before its death is another story.)
check_order(Config) ->
    [begin
         Got = got(Config, To, From),
         {From, To, true} = {From, To, Got =:= lists:usort(Got)}
     end || From <- ?STORMY -- ["n4"], To <- ?STORMY, From =/= To].

check_daemon(Config, Missed) ->
    Cables = cables(Config),
    ct:pal("~p~n~p", [maps:get("counters", status(Config)),
                      [{From, To, length(got(Config, To, From))} || From <- ?STORMY, To <- ?STORMY, From =/= To]]),
    {Opened, Closed} = {counter(Config, "cables_opened"), counter(Config, "cables_closed")},
    {true, _} = {Opened - Closed =:= length(Cables), {Opened, Closed, length(Cables)}},
    0 = counter(Config, "handshakes_malformed"),
    Missed = counter(Config, "http_refused"),
    [] = maps:get("rules", status(Config)),
    wait(fun() -> [] =:= [Lane || #{"lanes" := Lanes} <- cables(Config), #{"kept_bytes" := Kept, "faults" := Faults} = Lane <- Lanes,
                                  Kept > 0 orelse Faults =/= []] end).

%% But for the gates': those stay open.
descriptors(Config) ->
    {ok, Files} = file:list_dir("/proc/" ++ integer_to_list(maps:get("pid", status(Config))) ++ "/fd"),
    length(Files) - maps:get("gates", status(Config)).

check_descriptors(Config, Before) ->
    {true, _} = {descriptors(Config) =< Before + ?PIPES_MAX, {Before, descriptors(Config)}}.

%% ---- traffic ----

calm_pairs() -> [{"s1", "s2"}, {"s2", "s1"}] ++ [{From, To} || S <- ?CALM, N <- ["n1", "n2", "n3"], {From, To} <- [{S, N}, {N, S}]].

%% Numbers, and blobs among them, as long as it storms: {From, To, the last one}.
talk(Config, From, To) -> talk(Config, From, To, now_ms() + seconds() * 1000, 0).

talk(Config, From, To, Until, Last) ->
    ok = send(Config, From, To, {Last + 1, Last + 100, 1}),
    [wait(send_blob(Config, From, To, 200000)) || Last rem 1000 =:= 0],
    case now_ms() < Until of
        true -> talk(Config, From, To, Until, Last + 100);
        false ->
            wait(fun() -> lists:last(got(Config, To, From)) =:= Last + 100 end),
            {From, To, Last + 100}
    end.

%% They may come, or be lost with their connection; a sender may be suspended for as long as its link is held.
blobs(Config) ->
    [spawn(fun() -> catch call(Config, From, agent, blob, [node_of(Config, To), 1 + rand:uniform(1000000)]) end)
     || From <- ?STORMY -- ["n4"], To <- ?STORMY -- ["n4"], From =/= To],
    timer:sleep(1000), % their rate
    blobs(Config).

%% ---- rules, over one connection ----

%% Returns how many requests there were, and how many of them came too late for their rule.
blow(Config) ->
    Seed = list_to_integer(os:getenv("STORM_SEED", integer_to_list(now_ms() rem 100000))),
    ct:pal("STORM_SEED=~w", [Seed]),
    _ = rand:seed(exsss, Seed),
    {ok, Socket} = gen_tcp:connect("localhost", cluster:port(Config), [binary, {active, false}, {nodelay, true}]),
    {200, _} = request(Socket, "POST", "/v1/leases", "{\"name\": \"storm\", \"for\": \"1h\"}"),
    Result = blow(Socket, now_ms() + seconds() * 1000, [], {1, 0}),
    gen_tcp:close(Socket),
    Result.

blow(Socket, Until, Rules, {Requests, Missed}) ->
    timer:sleep(rand:uniform(3) - 1), % a few hundred a second
    {Status, Now} = act(Socket, Rules, rand:uniform(100)),
    Count = {Requests + 1, Missed + case Status of 200 -> 0; 404 -> 1 end},
    case now_ms() < Until orelse Requests < 100 * seconds() of % fewer are no storm, on a busy machine neither
        true -> blow(Socket, Until, Now, Count);
        false -> Count
    end.

act(Socket, _, Chance) when Chance =< 2 ->
    {200, _} = request(Socket, "DELETE", "/v1/rules", ""),
    {200, []};
act(Socket, Rules, Chance) when Chance =< 5 ->
    {200, _} = request(Socket, "POST", "/v1/fix", any(["{}", "{\"islands\": [[\"n1\"], [\"n2\"]]}"])),
    {200, Rules};
act(Socket, Rules, Chance) when Chance =< 100 - ?LONG_OF_100, length(Rules) >= ?RULES_MAX; Rules =/= [], Chance =< 50 ->
    Id = any(Rules),
    {Status, _} = request(Socket, "DELETE", "/v1/rules/" ++ integer_to_list(Id), ""), % 404: its time is over
    {Status, lists:delete(Id, Rules)};
act(Socket, Rules, Chance) when Chance > 100 - ?LONG_OF_100 ->
    {200, _} = request(Socket, "POST", "/v1/rules", rule(io_lib:format(", \"for\": \"~wms\"", [?LONG_MS]))),
    {200, Rules};
act(Socket, Rules, _) ->
    {200, Answer} = request(Socket, "POST", "/v1/rules", rule(any(["", "", ", \"for\": \"50ms\"", ", \"lease\": \"storm\""]))),
    #{"rules" := [#{"id" := Id}]} = tiny_json:decode(binary_to_list(Answer)),
    {200, [Id | Rules]}.

any(List) -> lists:nth(rand:uniform(length(List)), List).

rule(End) ->
    {Kind, Params} = any(kinds()),
    Where = case lists:member(Kind, ["hide", "slow", "silent", "unlisted"]) of
        true -> io_lib:format("\"nodes\": [~p]", [any(?STORMY)]);
        false when Kind =:= "downgrade" -> where("between"); % one way it would crash nodes, and is refused
        false -> where(any(["between", "from"]))
    end,
    io_lib:format("{\"fault\": ~p, \"params\": {~s}, ~s~s}", [Kind, Params, Where, End]).

where(Word) ->
    [A, B | _] = [any([Name, "n*", "n[12]", "n?@*"]) || Name <- [any(?STORMY), any(?STORMY)]],
    case Word of
        "between" -> io_lib:format("\"between\": [[~p], [~p]]", [A, B]);
        "from" -> io_lib:format("\"from\": [~p], \"to\": [~p]~s", [A, B, any(["", "", ", \"dialled_by\": \"from\""])])
    end.

kinds() ->
    [{"partition", param("mode", Mode)} || Mode <- ["hold", "sever", "drop", "close", "reset", "refuse"]]
        ++ [{"handshake", param("stage", Stage) ++ ", " ++ param("action", Action)}
            || Stage <- ["name", "status", "challenge", "reply", "ack"], Action <- ["hold", "close"]]
        ++ [{"latency", param("delay", "20ms")}, {"latency", param("delay", "5ms") ++ ", " ++ param("jitter", "50ms")},
            {"latency", param("delay", "1s")}, {"bandwidth", param("rate", "1mbit")}, {"bandwidth", param("rate", "100mbit")},
            {"slow_close", param("delay", "200ms")}, {"limit_data", param("bytes", "10kB")},
            {"limit_data", param("bytes", "1MB")}, {"slicer", param("average_size", "100")},
            {"slicer", param("average_size", "10kB") ++ ", " ++ param("delay", "1ms")},
            {"freeze", ""}, {"freeze", param("every", "10ms")}, {"mute", ""}, {"mute", ""},
            {"downgrade", param("clear", "fragments")}, {"downgrade", param("clear", "dist_hdr_atom_cache,published")},
            {"downgrade", param("clear", "dist_hdr_atom_cache,fragments")}, {"downgrade", param("clear", "spawn,alias,unlink_id")},
            {"hide", ""}, {"slow", param("delay", "100ms")}, {"silent", ""}, {"unlisted", ""}].

param(Name, Value) -> lists:flatten(io_lib:format("~p: ~p", [Name, Value])).

%% {status, body}
request(Socket, Method, Path, Body) ->
    Text = iolist_to_binary(Body),
    ok = gen_tcp:send(Socket, [Method, " ", Path, " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
                               io_lib:format("Content-Length: ~w\r\n\r\n", [byte_size(Text)]), Text]),
    ok = inet:setopts(Socket, [{packet, http_bin}]),
    {ok, {http_response, _, Status, _}} = gen_tcp:recv(Socket, 0, 10000),
    Length = headers(Socket, 0),
    ok = inet:setopts(Socket, [{packet, raw}]),
    {ok, Answer} = gen_tcp:recv(Socket, Length, 10000),
    {Status, Answer}.

headers(Socket, Length) ->
    case gen_tcp:recv(Socket, 0, 10000) of
        {ok, {http_header, _, 'Content-Length', _, Value}} -> headers(Socket, binary_to_integer(Value));
        {ok, {http_header, _, _, _, _}} -> headers(Socket, Length);
        {ok, http_eoh} -> Length
    end.
