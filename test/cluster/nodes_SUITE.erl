%% SPDX-License-Identifier: MIT
%% All kinds of nodes: long names, IPv6, hidden, nameless, C, TLS, bound to one address, restarted, confused.
-module(nodes_SUITE).
-compile([export_all, nowarn_export_all]).

-import(cluster, [start/2, start/3, start_one/3, stop/2, kill/2, call/5, node_of/2, connect/2, sees/2, wait/1, wait_mesh/2,
                  ping/3, epmdpxy/2, status/1, cables/1, up_cables/1]).

-define(ALONE, ["-connect_all", "false"]).
-define(HASTY, ["-kernel", "net_setuptime", "2"]).

suite() -> [{timetrap, {seconds, 90}}].

all() ->
    [long_names, ipv6, hidden, dynamic_names, c_node, tls, one_address, restarted, self_look_up, strange_names].

init_per_testcase(self_look_up, Config) -> cluster:init(["--relaxed-command-check"], Config);
init_per_testcase(_, Config) -> cluster:init([], Config).
end_per_testcase(_, Config) -> cluster:'end'(Config).

%% Cut, notice, fix, meet again: what every kind of node must go through.
split_and_heal(Config, A, B) ->
    connect(Config, [A, B]),
    epmdpxy(Config, io_lib:format("cut ~s ~s", [node_of(Config, A), node_of(Config, B)])),
    wait(fun() -> sees(Config, A) =:= [] andalso sees(Config, B) =:= [] end),
    [{_, net_tick_timeout}] = call(Config, A, agent, downs, []),
    epmdpxy(Config, "fix"),
    connect(Config, [A, B]),
    wait_mesh(Config, lists:sort([A, B])).

long_names(Config) ->
    ['a@127.0.0.1', 'b@127.0.0.1'] = start(Config, ["a", "b"], [{longnames, "127.0.0.1"}]),
    split_and_heal(Config, "a", "b").

ipv6(Config) ->
    %% Names resolve to ::1 whatever the machine's own configuration says.
    File = filename:join(proplists:get_value(priv_dir, Config), "inetrc"),
    ok = file:write_file(File, "{lookup, [file]}.\n{hosts_file, \"\"}.\n{host, {0,0,0,0,0,0,0,1}, [\"six.example\"]}.\n"),
    start(Config, ["a", "b"],
          ["-proto_dist", "inet6_tcp", {longnames, "six.example"}, {env, [{"ERL_INETRC", File}]}]),
    split_and_heal(Config, "a", "b").

hidden(Config) ->
    start(Config, ["a", "b"]),
    start_one(Config, "h", ["-hidden"]),
    connect(Config, ["a", "b"]),
    pong = ping(Config, "h", "a"),
    pong = ping(Config, "b", "h"),
    [H] = call(Config, "a", erlang, nodes, [hidden]),
    H = node_of(Config, "h"),
    wait(fun() -> length(up_cables(Config)) =:= 3 end),
    %% marked where it dialled and where it was dialled, and nobody else is
    Ends = [{maps:get("name", End), maps:get("hidden", End)}
            || Cable <- cables(Config), End <- [maps:get("dialer", Cable), maps:get("acceptor", Cable)]],
    Expected = lists:sort([{atom_to_list(node_of(Config, Name)), Name =:= "h"} || Name <- ["a", "a", "b", "b", "h", "h"]]),
    Expected = lists:sort(Ends).

dynamic_names(Config) ->
    start(Config, ["a", "b"], ?HASTY),
    start_one(Config, "nameless", [{anonymous, true}, "-sname", "undefined" | ?HASTY]),
    nonode@nohost = node_of(Config, "nameless"),
    A = node_of(Config, "a"),
    true = call(Config, "nameless", net_kernel, connect_node, [A]),
    [Given] = call(Config, "a", erlang, nodes, [hidden]),
    Name = atom_to_list(Given),
    [#{"state" := "up", "dialer" := #{"name" := Name, "hidden" := true}}] = cables(Config),
    epmdpxy(Config, io_lib:format("cut ~s a", [Name])),
    wait(fun() -> call(Config, "a", erlang, nodes, [hidden]) =:= [] end),
    [{Given, net_tick_timeout}] = call(Config, "a", agent, downs, []),
    %% without any connection it has lost that name, and gets another one in each handshake: a cut holds from there on
    epmdpxy(Config, "fix"),
    epmdpxy(Config, "cut '[A-Z0-9]*' a"),
    false = call(Config, "nameless", net_kernel, connect_node, [A]),
    wait(fun() -> cables(Config) =:= [] end),
    epmdpxy(Config, "fix"),
    true = call(Config, "nameless", net_kernel, connect_node, [A]).

c_node(Config) ->
    A = start_one(Config, "a", []),
    Call = io_lib:format("ERL_EPMD_PORT=~w erl_call -sname ~s -c epmdpxy -a 'erlang node []'", [cluster:port(Config), A]),
    Answer = atom_to_list(A),
    Answer = string:trim(os:cmd(lists:flatten(Call))),
    #{"handshakes_done" := 1} = maps:get("counters", status(Config)),
    %% a C node hears nothing from an island it is not on, and is served when that is over
    epmdpxy(Config, "cut 'c*' a"), % erl_call's own name begins with c
    Waiting = open_port({spawn_executable, "/bin/sh"}, [exit_status, {args, ["-c", lists:flatten(Call)]}]),
    wait(fun() -> [State || #{"state" := State} <- cables(Config)] =:= ["held"] end),
    epmdpxy(Config, "fix"),
    receive {Waiting, {exit_status, Status}} -> 0 = Status end.

tls(Config) ->
    Dir = proplists:get_value(priv_dir, Config),
    Pem = filename:join(Dir, "node.pem"),
    os:cmd("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=node -keyout " ++ Dir ++ "/key.pem -out " ++
           Dir ++ "/cert.pem && cat " ++ Dir ++ "/key.pem " ++ Dir ++ "/cert.pem > " ++ Pem),
    start(Config, ["a", "b"],
          ["-proto_dist", "inet_tls", "-ssl_dist_opt", "server_certfile", Pem, "-ssl_dist_opt", "client_certfile", Pem]),
    connect(Config, ["a", "b"]),
    [#{"state" := "raw", "dialer" := #{"name" := null}, "acceptor" := #{"name" := "b"},
       "lanes" := [#{"bytes" := There, "frames" := 0}, #{"bytes" := Back}]}] = cables(Config),
    true = There > 1000 andalso Back > 1000,
    A = node_of(Config, "a"),
    ok = call(Config, "a", agent, send, [node_of(Config, "b"), 1, 1000, 100]),
    wait(fun() -> length(call(Config, "b", agent, numbers, [A])) =:= 1000 end).

%% A node that listens at one address only: it is reached where it registered from, or where the dialer asked.
one_address(Config) ->
    Only = ["-kernel", "inet_dist_use_interface", "{127,0,0,1}"],
    ['a@127.0.0.1', 'b@127.0.0.2'] =
        [start_one(Config, "a", [{longnames, "127.0.0.1"} | Only]),
         start_one(Config, "b", [{longnames, "127.0.0.2"}, "-kernel", "inet_dist_use_interface", "{127,0,0,2}"])],
    pong = ping(Config, "a", "b"),
    %% b's global may be about to greet a, which connects them again.
    wait(fun() -> call(Config, "a", erlang, disconnect_node, ['b@127.0.0.2']), cables(Config) =:= [] end),
    pong = ping(Config, "b", "a").

%% The same name, again and again: registered each time at once, reachable, and not mistaken for its former self.
restarted(Config) ->
    start_one(Config, "a", []),
    Creations =
        [begin
             start_one(Config, "b", []),
             pong = ping(Config, "a", "b"),
             Creation = call(Config, "b", erlang, system_info, [creation]),
             [#{"creation" := Creation}] = [Node || #{"name" := "b"} = Node <- maps:get("nodes", status(Config))],
             cluster:How(Config, "b"),
             Creation
         end || How <- [stop, kill, stop, kill, stop, kill]],
    Creations = lists:usort(Creations).

%% RabbitMQ's monitor asks for its own node's port, hears a gate's, and registers that when the registration was lost.
self_look_up(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    Host = "localhost",
    {port, Gate, _} = call(Config, "b", erl_epmd, port_please, ["b", Host]),
    Real = node_port(Config, "b"),
    {true, _} = {Gate =/= Real, {Gate, Real}},
    [begin
         Epmd = register_raw(Config, "b", Gate),
         1 = maps:get("gates", status(Config)),
         {port, Gate, _} = call(Config, "a", erl_epmd, port_please, ["b", Host]), % what was heard before is still true
         Real = node_port(Config, "b"),
         pong = ping(Config, "a", "b"),
         call(Config, "a", erlang, disconnect_node, [node_of(Config, "b")]),
         gen_tcp:close(Epmd)
     end || _ <- [once, again]].

node_port(Config, Name) ->
    [Port] = [Port || #{"name" := N, "port" := Port} <- maps:get("nodes", status(Config)), N =:= Name],
    Port.

%% Takes the name from its node, and registers it anew from here with that port. The node itself wants it back every two
%% seconds; so it is tried until it works.
register_raw(Config, Name, Port) ->
    Bytes = list_to_binary(Name),
    Alive = <<$x, Port:16, 77, 0, 6:16, 5:16, (byte_size(Bytes)):16, Bytes/binary, 0:16>>,
    {_, _} = request(Config, <<$s, Bytes/binary>>, 7), % STOPPED, or NOEXIST
    case request(Config, Alive, 6) of
        {Socket, <<118, 0, _:32>>} -> Socket;
        {Socket, _} -> gen_tcp:close(Socket), register_raw(Config, Name, Port)
    end.

request(Config, Body, Bytes) ->
    {ok, Socket} = gen_tcp:connect("localhost", cluster:port(Config), [binary, {active, false}]),
    ok = gen_tcp:send(Socket, <<(byte_size(Body)):16, Body/binary>>),
    {ok, Reply} = gen_tcp:recv(Socket, Bytes, 5000),
    {Socket, Reply}.

%% Names that only just are names.
strange_names(Config) ->
    Names = ["a-b_c", "N9", "x"],
    [A | _] = start(Config, Names, ?HASTY ++ ?ALONE),
    connect(Config, Names),
    epmdpxy(Config, "cut a-b_c '[A-Z][0-9]' x"),
    wait(fun() -> sees(Config, "x") =:= [] end),
    true = lists:member(atom_to_list(A), [maps:get("full_name", Node) || Node <- maps:get("nodes", status(Config))]).
