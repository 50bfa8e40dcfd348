#!/usr/bin/env escript
%% SPDX-License-Identifier: MIT
%%! -kernel logger_level none +Bd
%% Runs under `epmdpxy exec`, which has set ERL_EPMD_PORT. The nodes are controlled over their standard input and output
%% (OTP's peer module), so that this program is no member of the cluster that it looks at.
-mode(compile).

-define(NODES, ["node1", "node2", "node3", "node4", "node5"]).
-define(NOTICE_BOUND, 20000).

main([Epmdpxy | Options]) ->
    Keep = Options =:= ["--keep"],
    say("starting a cluster of five Erlang nodes, port mapper and relay: epmdpxy on port ~s",
        [os:getenv("ERL_EPMD_PORT")]),
    Peers = start(?NODES),
    connect(Peers),
    wait("", Peers, fun(Seen) -> Seen =:= whole() end),
    matrix(Peers),

    command(Epmdpxy, "cut node1,node2 node3,node4,node5"),
    wait("the nodes find out by their own ticks (net_ticktime 4 s)", Peers, fun(Seen) -> Seen =:= split() end),
    matrix(Peers),

    command(Epmdpxy, "fix"),
    say("idle nodes do not reconnect by themselves: each pings the others, as traffic would", []),
    connect(Peers),
    wait("", Peers, fun(Seen) -> Seen =:= whole() end),
    matrix(Peers),

    round_trip(Peers),
    command(Epmdpxy, "fault add latency --between node1 node2 delay=50ms"),
    round_trip(Peers),
    command(Epmdpxy, "fault clear"),
    round_trip(Peers),
    finish(Keep),
    [peer:stop(Peer) || {_, Peer, _} <- Peers],
    ok.

finish(false) ->
    io:format("~nNow try it yourself:~n~n"
              "  scripts/demo --keep                      # the same, and the cluster stays for your own cuts~n"
              "  build/epmdpxy exec -- rebar3 ct          # your own tests, with a daemon of their own~n"
              "  build/epmdpxy fault kinds                # what else can be broken~n"
              "  build/epmdpxy --help~n");
finish(true) ->
    io:format("~nThe cluster goes on until you press Ctrl-C or Enter. In another terminal:~n~n"
              "  export ERL_EPMD_PORT=~s~n"
              "  build/epmdpxy status                           # nodes, cables, rules~n"
              "  build/epmdpxy cut node1 'node[2-5]'            # node1 is alone~n"
              "  build/epmdpxy cut --one-way node1 node2        # node2 no longer hears node1~n"
              "  build/epmdpxy fault add freeze --from node3 --to '*'   # node3 is up, and does not answer~n"
              "  build/epmdpxy fault list                       # what is broken now; fault rm N, fault clear~n"
              "  build/epmdpxy fix                              # no cuts any more~n"
              "  build/epmdpxy cut --help~n~n", [os:getenv("ERL_EPMD_PORT")]),
    io:get_line("").

%% ---- the cluster ----

start(Names) ->
    Cookie = "demo-" ++ integer_to_list(erlang:unique_integer([positive])) ++ os:getpid(),
    Args = ["-setcookie", Cookie, "-kernel", "net_ticktime", "4", "-kernel", "logger_level", "none", "+S", "1:1"],
    Self = self(),
    [spawn_link(fun() ->
         {ok, Peer, Node} = peer:start(#{name => Name, connection => standard_io, args => Args}),
         Self ! {started, {Name, Peer, Node}},
         receive after infinity -> ok end
     end) || Name <- Names],
    lists:sort([receive {started, Started} -> Started end || _ <- Names]).

%% The best of a few: what the network takes, not what this machine does besides.
round_trip(Peers) ->
    {_, Peer, _} = lists:keyfind("node1", 1, Peers),
    {_, _, Node} = lists:keyfind("node2", 1, Peers),
    Times = [element(1, peer:call(Peer, timer, tc, [rpc, call, [Node, erlang, node, []]])) || _ <- [1, 2, 3, 4, 5]],
    say("node1 asks node2, and has the answer after ~.1f ms", [lists:min(Times) / 1000]).

connect(Peers) ->
    [peer:call(Peer, net_adm, ping, [Node]) || {_, Peer, _} <- Peers, {_, _, Node} <- Peers].

%% [{Name, [the names it sees]}]
seen(Peers) ->
    [{Name, lists:sort([short(Node) || Node <- peer:call(Peer, erlang, nodes, [])])} || {Name, Peer, _} <- Peers].

short(Node) ->
    hd(string:split(atom_to_list(Node), "@")).

whole() ->
    [{Name, ?NODES -- [Name]} || Name <- ?NODES].

split() ->
    {Left, Right} = lists:split(2, ?NODES),
    [{Name, Island -- [Name]} || Island <- [Left, Right], Name <- Island].

wait(Why, Peers, Done) ->
    wait(Why, Peers, Done, erlang:monotonic_time(millisecond)).

wait(Why, Peers, Done, Began) ->
    Passed = erlang:monotonic_time(millisecond) - Began,
    case Done(seen(Peers)) of
        true ->
            Why =:= "" orelse progress("~s: after ~.1f s~n", [Why, Passed / 1000]);
        false when Passed > ?NOTICE_BOUND ->
            io:format(standard_error, "demo: the nodes see something else than they should~n", []),
            halt(1);
        false ->
            is_tty() andalso Why =/= "" andalso progress("~s", [fitting("~s ... ~w s", [Why, Passed div 1000])]),
            timer:sleep(100),
            wait(Why, Peers, Done, Began)
    end.

command(Epmdpxy, Words) ->
    io:format("~n~s~n", [bold("$ epmdpxy " ++ Words)]),
    io:put_chars(os:cmd(Epmdpxy ++ " " ++ Words)).

%% ---- the output ----

matrix(Peers) ->
    Seen = seen(Peers),
    io:format("~n         ~s~n", [lists:join(" ", ?NODES)]),
    [io:format("  ~s  ~s~n", [Name, lists:join(" ", [mark(Name, Other, Sees) || Other <- ?NODES])])
     || {Name, Sees} <- Seen].

mark(Name, Name, _) -> "  .  ";
mark(_, Other, Sees) ->
    case lists:member(Other, Sees) of
        true -> colour("32", "  o  ");
        false -> colour("31", "  -  ")
    end.

say(Format, Args) ->
    io:format("~n" ++ Format ++ "~n", Args).

progress(Format, Args) ->
    is_tty() andalso io:put_chars("\r\e[K"),
    io:format(Format, Args).

%% What the next one takes the place of: it must not need a second line.
fitting(Format, Args) ->
    lists:sublist(lists:flatten(io_lib:format(Format, Args)), columns() - 1).

bold(Text) -> colour("1", Text).

colour(Code, Text) ->
    case is_tty() andalso os:getenv("NO_COLOR") =:= false of
        true -> ["\e[", Code, "m", Text, "\e[0m"];
        false -> Text
    end.

is_tty() -> columns() =/= none.

%% scripts/demo has looked: none where standard output is no terminal.
columns() ->
    case os:getenv("DEMO_COLUMNS") of
        false -> none;
        Text -> list_to_integer(Text)
    end.
