%% SPDX-License-Identifier: MIT
%% @doc Splits, slows and heals an Erlang cluster, by the names of its nodes.
%%
%% ```
%% {ok, _} = epmdpxy:start(0).
%% {ok, [A, B, C]} = epmdpxy:peers(3, #{}).
%% {ok, _} = epmdpxy:sever([[A], [B, C]]).     % A alone; returns when the nodes have noticed
%% ok = epmdpxy:heal().                        % returns when they are connected again
%% ok = epmdpxy:stop().
%% '''
%%
%% <ul>
%% <li>A node is an atom as in `node()': `n1' is that short name on any host, `n1@host' that node, `n*' a pattern. Strings and
%%     binaries are taken too. An island is one of them, or a list.</li>
%% <li>Integers that are durations are milliseconds; a duration may also be a text, such as `"10s"'.</li>
%% <li>A rule belongs to the process that made it (in a shell: to the shell), and goes when that ends; also when this VM does.
%%     The option `owner' names another process, or `none': it stays until it is removed.</li>
%% <li>A name that no node has is `{error, {unknown, Names}}', unless `wait => true' (the node is still to come), or the client
%%     was started with `strict => false'.</li>
%% <li>`cut_cables/2', `fix_cables/2', `with_cut/2', `with_faults/2' raise `error({epmdpxy, reason()})'; so do `port/0', `env/0'
%%     and `mark/0', which return what they are named after. All others return `ok', `{ok, T}' or `{error, reason()}', for
%%     which `format_error/1' has words.</li>
%% </ul>
-module(epmdpxy).

-export([start/0, start/1, stop/0, port/0, env/0, info/0]).
-export([cut_cables/2, fix_cables/2]).
-export([sever/1, sever/2, cut/1, cut/2, fix/0, fix/1, heal/0, heal/1, with_cut/2]).
-export([isolate/1, isolate/2, halves/0, halves/1, random_halves/0, random_halves/1, majorities_ring/0, majorities_ring/1,
         bridge/1, bridge/2]).
-export([observer/1, peers/1, peers/2, stop_peer/1]).
-export([fault/3, with_faults/2, remove/1, clear/0, rules/0, kinds/0]).
-export([await/1, await/2, status/0, events/1, mark/0, history/0, history/1, format_error/1]).
-export_type([name/0, island/0, islands/0, duration/0, reason/0, start_options/0, cut/0, cut_options/0, sever_options/0,
              split_options/0, fault_options/0, rule/0, condition/0, peer_options/0]).

-type name() :: epmdpxy_names:name().
-type island() :: epmdpxy_names:island().
-type islands() :: epmdpxy_names:islands().
-type duration() :: pos_integer() | unicode:chardata(). % an integer: milliseconds

-type reason() ::
        not_started
      | {already_started, inet:port_number()}
      | {stock_epmd, inet:port_number()}               % another port mapper is there
      | {port_taken, inet:port_number()}               % something else is there
      | {no_program, binary()}
      | {program_too_old, file:name_all()}
      | {daemon_too_old, inet:port_number()}
      | {program_failed, file:name_all(), integer() | timeout, binary()}
      | {daemon_ended, integer(), binary()}            % its status, and what it said
      | {lost, inet:port_number(), term()}             % no answer
      | {refused, 400..599, binary()}                  % the daemon's own words
      | {unknown, [atom()]}
      | {bad_island, term()} | {bad_name, term()} | {bad_option, term()}
      | {connected, [node()]}                          % too late to become an observer
      | nothing_cut
      | {timeout, term()}                              % what was missing
      | {peer_failed, term()} | {log_dir, file:name_all(), term()}.

-type start_options() :: #{port => inet:port_number(), program => file:name_all(), observer => boolean(),
                           strict => boolean(), seed => non_neg_integer(), log => file:name_all()}.
-type cut() :: #{id := pos_integer(), ids := [pos_integer()], islands := [[atom()]], notes := [binary()],
                 advice => binary(), seed => non_neg_integer()}.
-type cut_options() :: #{mode => hold | sever | drop | close | reset | refuse, one_way => boolean(), for => duration(),
                         owner => pid() | none, wait => boolean()}.
-type sever_options() :: #{redial => hold | refuse, one_way => boolean(), for => duration(), owner => pid() | none,
                           timeout => timeout(), wait => boolean()}.
-type split_options() :: #{among => island(), seed => non_neg_integer(), redial => hold | refuse, for => duration(),
                           owner => pid() | none, timeout => timeout()}.
-type fault_options() :: #{from => island(), to => island(), between => [island()], nodes => island(),
                           dialled_by => from | to, for => duration(), owner => pid() | none, wait => boolean()}.
-type rule() :: #{id := pos_integer(), atom() => term()}.
-type condition() :: {up, pos_integer() | island()} | mesh | {mesh, island()} | {connected, island(), island()}
                   | {disconnected, island(), island()} | noticed | quiet
                   | {event, atom() | #{atom() => term()}, non_neg_integer()}.
-type peer_options() :: #{args => [string()], env => [{string(), string()}], apps => [atom()], cookie => atom(),
                          ticktime => pos_integer(), code_path => [file:filename()], log_dir => file:name_all()}.

-define(TIMEOUT, 30000).

%% ---- life ----

%% @equiv start(#{})
-spec start() -> {ok, inet:port_number()} | {error, reason()}.
start() -> start(#{}).

%% @doc Attaches to the daemon that answers at the port, or starts one, which ends with `stop/0' and with this VM, but not with
%% the calling process. `port': where this VM's own port mapper is, else 4369; 0: a free port. Sets `ERL_EPMD_PORT' for nodes
%% that this VM starts. `observer' (true): this node takes no part in the experiment. `program': the path of the daemon's;
%% else the environment's `EPMDPXY', the application's priv directory, `PATH'. `log': a file for what the daemon says.
%% `seed': of all chance. `strict' (true): names that nobody has are errors.
-spec start(inet:port_number() | start_options()) -> {ok, inet:port_number()} | {error, reason()}.
start(Port) when is_integer(Port) ->
    start(#{port => Port});
start(Options) when is_map(Options) ->
    case epmdpxy_daemon:start(Options) of
        {ok, Port} -> observe_as_asked(Options, Port);
        {error, _} = Error -> Error
    end.

observe_as_asked(Options, Port) ->
    case maps:get(observer, Options, true) andalso is_alive() of
        false -> {ok, Port};
        true ->
            case observer(node()) of
                ok -> {ok, Port};
                {error, {connected, Nodes}} ->
                    logger:warning("epmdpxy: this node is connected already with ~p, and takes part in every split: start "
                                   "epmdpxy before the nodes, or say observer => false", [Nodes]),
                    {ok, Port};
                {error, _} = Error -> Error
            end
    end.

%% @doc Ends the daemon that was started and the peers; of one that was attached to, only our rules and observers.
-spec stop() -> ok.
stop() -> epmdpxy_daemon:stop().

%% @doc Where the daemon listens. Raises.
-spec port() -> inet:port_number().
port() -> value(epmdpxy_daemon:port()).

%% @doc The environment for nodes that this VM does not start itself. Raises.
-spec env() -> [{string(), string()}].
env() -> [{"ERL_EPMD_PORT", integer_to_list(port())}].

%% @doc `port', `daemon' (launched, attached or ended), `seed', `peers', `owners' of rules.
-spec info() -> {ok, #{atom() => term()}} | {error, reason()}.
info() ->
    case epmdpxy_daemon:info() of
        {ok, Info} -> {ok, maps:remove(journal, Info)};
        {error, _} = Error -> Error
    end.

%% ---- the first words ----

%% @doc Blocks all traffic between two islands, at once and in silence. Raises.
-spec cut_cables(island(), island()) -> ok.
cut_cables(A, B) ->
    _ = value(cut([A, B], #{})),
    ok.

%% @doc Lets it pass again; what was held arrives. Raises.
-spec fix_cables(island(), island()) -> ok.
fix_cables(A, B) -> value(fix([A, B])).

%% ---- splits ----

%% @equiv cut(Islands, #{})
-spec cut(islands()) -> {ok, cut()} | {error, reason()}.
cut(Islands) -> cut(Islands, #{}).

%% @doc Nodes of different islands no longer hear each other, from now on; they find out by their `net_ticktime' (mode `hold').
-spec cut(islands(), cut_options()) -> {ok, cut()} | {error, reason()}.
cut(Islands, Options) ->
    caught(fun() ->
        options(Options, [mode, one_way, for, owner, wait]),
        Words = epmdpxy_names:islands(Islands),
        known(lists:append(Words), Options),
        cut_of(post_owned("/v1/cut", maps:with([mode, one_way], Options), #{islands => Words}, Options))
    end).

%% @equiv sever(Islands, #{})
-spec sever(islands()) -> {ok, cut()} | {error, reason()}.
sever(Islands) -> sever(Islands, #{}).

%% @doc The connections between the islands end now, and new ones are held (`redial => refuse': refused at once, for code that
%% dials and waits). Returns when every node that can be asked has lost those of the other islands: peers of `peers/2', and
%% nodes that this VM is connected with. `timeout': 30000 ms; the cut stays when it is over.
-spec sever(islands(), sever_options()) -> {ok, cut()} | {error, reason()}.
sever(Islands, Options) ->
    caught(fun() ->
        options(Options, [redial, one_way, for, owner, timeout, wait]),
        Words = epmdpxy_names:islands(Islands),
        known(lists:append(Words), Options),
        sever_by(maps:with([one_way], Options), #{islands => Words}, Options)
    end).

%% @equiv isolate(Node, #{})
-spec isolate(name()) -> {ok, cut()} | {error, reason()}.
isolate(Node) -> isolate(Node, #{}).

%% @doc Severs one node from all others.
-spec isolate(name(), split_options()) -> {ok, cut()} | {error, reason()}.
isolate(Node, Options) -> split(isolate, Node, Options).

%% @equiv halves(#{})
-spec halves() -> {ok, cut()} | {error, reason()}.
halves() -> halves(#{}).

%% @doc Severs the first half of the registered nodes (or of those `among') from the second, in the order of their names.
-spec halves(split_options()) -> {ok, cut()} | {error, reason()}.
halves(Options) -> split(halves, none, Options).

%% @equiv random_halves(#{})
-spec random_halves() -> {ok, cut()} | {error, reason()}.
random_halves() -> random_halves(#{}).

%% @doc The same by chance; the answer has the `seed' that repeats it.
-spec random_halves(split_options()) -> {ok, cut()} | {error, reason()}.
random_halves(Options) -> split('random-halves', none, Options).

%% @equiv majorities_ring(#{})
-spec majorities_ring() -> {ok, cut()} | {error, reason()}.
majorities_ring() -> majorities_ring(#{}).

%% @doc Each node sees a majority, and no two see the same one.
-spec majorities_ring(split_options()) -> {ok, cut()} | {error, reason()}.
majorities_ring(Options) -> split('majorities-ring', none, Options).

%% @equiv bridge(Node, #{})
-spec bridge(name()) -> {ok, cut()} | {error, reason()}.
bridge(Node) -> bridge(Node, #{}).

%% @doc Two halves that only this node can talk to both of.
-spec bridge(name(), split_options()) -> {ok, cut()} | {error, reason()}.
bridge(Node, Options) -> split(bridge, Node, Options).

split(Topology, Node, Options) ->
    caught(fun() ->
        options(Options, [among, seed, redial, for, owner, timeout]),
        Named = case Node of
            none -> #{};
            _ -> [Name] = epmdpxy_names:island([Node]), known([Name], Options), #{node => Name}
        end,
        Of = case Options of #{among := Island} -> #{'of' => epmdpxy_names:island(Island)}; _ -> #{} end,
        sever_by(maps:with([seed], Options), maps:merge(Named#{topology => Topology}, Of), Options)
    end).

sever_by(More, Document, Options) ->
    Mode = case maps:get(redial, Options, hold) of
        hold -> sever;
        refuse -> close;
        Other -> throw({error, {bad_option, {redial, Other}}})
    end,
    Until = epmdpxy_nodes:until(maps:get(timeout, Options, ?TIMEOUT)),
    {ok, #{ids := Ids} = Cut} = cut_of(post_owned("/v1/cut", More, Document#{mode => Mode}, Options)),
    Pairs = cut_pairs([Rule || #{id := Id} = Rule <- value_of(rules()), lists:member(Id, Ids)], look()),
    ok(wires_apart(Pairs, Until)),
    ok(epmdpxy_nodes:apart(Pairs, Until)),
    {ok, Cut}.

%% @doc Removes every cut; what was held arrives. Nodes that have lost each other connect when they next send: see heal/0.
-spec fix() -> ok | {error, reason()}.
fix() -> done(request(post, "/v1/fix", #{})).

%% @doc Only between these islands; other cuts stay.
-spec fix(islands()) -> ok | {error, reason()}.
fix(Islands) -> caught(fun() -> done(request(post, "/v1/fix", #{islands => epmdpxy_names:islands(Islands)})) end).

%% @doc Removes every cut, lets the nodes dial, and returns when every two of them are connected, as they see it: all that are
%% registered and can be asked, observers aside. 30000 ms.
-spec heal() -> ok | {error, reason()}.
heal() ->
    caught(fun() ->
        ok(fix()),
        Nodes = members(look()),
        epmdpxy_nodes:connect(pairs(Nodes), epmdpxy_nodes:until(?TIMEOUT))
    end).

%% @doc Only between these islands.
-spec heal(islands()) -> ok | {error, reason()}.
heal(Islands) ->
    caught(fun() ->
        Words = epmdpxy_names:islands(Islands),
        ok(fix(Islands)),
        epmdpxy_nodes:connect(across(Words, false, members(look())), epmdpxy_nodes:until(?TIMEOUT))
    end).

%% @doc Severs, runs, heals, also when it raises. Returns what the fun does. Raises.
-spec with_cut(islands(), fun(() -> Result)) -> Result.
with_cut(Islands, Fun) ->
    _ = value(sever(Islands)),
    Result = try Fun() catch Class:Why:Stack -> _ = heal(Islands), erlang:raise(Class, Why, Stack) end,
    ok = value(heal(Islands)),
    Result.

%% @doc These nodes are no part of the experiment: no cut or pattern is about them, and nodes see them as hidden. Before they
%% connect, else `{error, {connected, Nodes}}'. `clear/0' does not take it away; `stop/0' does.
-spec observer(island()) -> ok | {error, reason()}.
observer(Nodes) ->
    caught(fun() ->
        Names = epmdpxy_names:island(Nodes),
        Status = look(),
        ok(not_connected(Names, Status)),
        _ = value_of(request(post, "/v1/observers", #{nodes => Names})),
        epmdpxy_daemon:observed(Names)
    end).

not_connected(Names, #{cables := Cables} = Status) ->
    Known = [maps:get(full_name, Node) || #{observer := true} = Node <- maps:get(nodes, Status)],
    Others = [Other || #{dialer := #{name := A}, acceptor := #{name := B}} <- Cables, {X, Other} <- [{A, B}, {B, A}],
                       is_atom(X), X =/= null, X =/= undefined, Other =/= null, not lists:member(X, Known),
                       epmdpxy_names:matching(Names, [X]) =/= []],
    case lists:usort(Others) of
        [] -> ok;
        Nodes -> {error, {connected, Nodes}}
    end.

%% ---- nodes ----

%% @equiv peers(Names, #{})
-spec peers(pos_integer() | [name()]) -> {ok, [node()]} | {error, reason()}.
peers(Names) -> peers(Names, #{}).

%% @doc Starts nodes (a number: with names of their own), controlled over standard input and output, and linked to nobody; they
%% end with stop/0. They have this VM's cookie and code path, and a `net_ticktime' of 4 s (`ticktime'), their logs are in
%% files (`log_dir', else a temporary directory). Returns when they are connected with each other.
-spec peers(pos_integer() | [name()], peer_options()) -> {ok, [node()]} | {error, reason()}.
peers(Number, Options) when is_integer(Number) ->
    peers([list_to_atom("n" ++ integer_to_list(I) ++ "_" ++ os:getpid()) || I <- lists:seq(1, Number)], Options);
peers(Names, Options) ->
    caught(fun() ->
        options(Options, [args, env, apps, cookie, ticktime, code_path, log_dir]),
        _ = value_of(epmdpxy_daemon:port()),
        {ok, Nodes} = ok_value(epmdpxy_peers:start([binary_to_atom(Name) || Name <- epmdpxy_names:island(Names)], Options)),
        ok(epmdpxy_nodes:connect(pairs(Nodes), epmdpxy_nodes:until(?TIMEOUT))),
        {ok, Nodes}
    end).

%% @doc Ends one of them.
-spec stop_peer(node()) -> ok | {error, reason()}.
stop_peer(Node) -> epmdpxy_peers:stop(Node).

%% ---- faults ----

%% @doc Adds a fault: see `kinds/0', and the daemon's documentation for what nodes make of it. Parameters are those of the
%% daemon; integers that are durations (`delay', `jitter', `every') are milliseconds.
-spec fault(atom(), #{atom() => term()}, fault_options()) -> {ok, rule()} | {error, reason()}.
fault(Kind, Params, Options) ->
    caught(fun() ->
        options(Options, [from, to, between, nodes, dialled_by, for, owner, wait]),
        Document = rule_document(Kind, Params, Options),
        #{rules := [Rule | _]} = Answer = post_owned("/v1/rules", #{}, Document, Options),
        {ok, maps:merge(maps:with([notes, advice], Answer), Rule)}
    end).

rule_document(Kind, Params, Options) ->
    Whom = maps:map(fun(between, Islands) -> epmdpxy_names:islands(Islands);
                       (_, Island) -> epmdpxy_names:island(Island)
                    end, maps:with([from, to, between, nodes], Options)),
    known(lists:flatmap(fun({between, Islands}) -> lists:append(Islands);
                           ({_, Island}) -> Island
                        end, maps:to_list(Whom)), Options),
    maps:merge(maps:merge(maps:with([dialled_by], Options), Whom),
               #{fault => Kind, params => maps:map(fun param/2, Params)}).

param(Name, Value) when is_integer(Value), (Name =:= delay orelse Name =:= jitter orelse Name =:= every) ->
    duration(Value);
param(_Name, Value) ->
    text_value(Value).

%% A list of words stays a list; a string becomes a text.
text_value([C | _] = Text) when is_integer(C) -> unicode:characters_to_binary(Text);
text_value(Value) -> Value.

%% @doc Adds faults, runs, removes them, also when it raises. Returns what the fun does. Raises.
-spec with_faults([{atom(), #{atom() => term()}, fault_options()}], fun(() -> Result)) -> Result.
with_faults(Faults, Fun) -> with_faults(Faults, Fun, []).

with_faults([], Fun, Added) ->
    try Fun() after _ = [remove(Rule) || Rule <- Added] end;
with_faults([{Kind, Params, Options} | Rest], Fun, Added) ->
    case fault(Kind, Params, Options) of
        {ok, Rule} -> with_faults(Rest, Fun, [Rule | Added]);
        {error, Why} -> _ = [remove(Rule) || Rule <- Added], error({epmdpxy, Why})
    end.

%% @doc Removes a rule, or all of a cut; whether they have ended meanwhile does not matter.
-spec remove(pos_integer() | cut() | rule()) -> ok | {error, reason()}.
remove(#{ids := Ids}) -> remove_all(Ids);
remove(#{id := Id}) -> remove(Id);
remove(Id) when is_integer(Id) ->
    case request(delete, ["/v1/rules/", integer_to_list(Id)], none) of
        {error, {refused, 404, _}} -> ok;
        Answer -> done(Answer)
    end.

remove_all([]) -> ok;
remove_all([Id | Rest]) ->
    case remove(Id) of
        ok -> remove_all(Rest);
        {error, _} = Error -> Error
    end.

%% @doc Removes every rule, whoever made it; observers stay.
-spec clear() -> ok | {error, reason()}.
clear() -> done(request(delete, "/v1/rules", none)).

%% @doc The rules that are in force.
-spec rules() -> {ok, [rule()]} | {error, reason()}.
rules() -> part(rules, request(get, "/v1/rules", none)).

%% @doc The kinds of fault, and their parameters.
-spec kinds() -> {ok, [#{atom() => term()}]} | {error, reason()}.
kinds() -> part(kinds, request(get, "/v1/kinds", none)).

%% ---- waiting ----

%% @equiv await(Condition, 30000)
-spec await(condition()) -> ok | {ok, map()} | {error, reason()}.
await(Condition) -> await(Condition, ?TIMEOUT).

%% @doc Until it holds, on the wires and as the nodes that can be asked see it. `{up, N}': N nodes are registered, or those of
%% these names. `noticed': no connection is left across a cut; `{error, nothing_cut}' without one. `{event, Pattern, Mark}': an
%% event behind that mark (mark/0) of that kind, or with these fields; `{ok, Event}' then. Milliseconds.
-spec await(condition(), timeout()) -> ok | {ok, map()} | {error, reason()}.
await(Condition, Timeout) -> caught(fun() -> wait(Condition, epmdpxy_nodes:until(Timeout)) end).

wait({up, N}, Until) when is_integer(N) ->
    on_wires(["up ", integer_to_list(N)], Until);
wait({up, Nodes}, Until) ->
    Names = epmdpxy_names:island(Nodes),
    again_until(fun() ->
        case unknown(Names, look()) of
            [] -> ok;
            Missing -> {again, {not_registered, Missing}}
        end
    end, Until);
wait(mesh, Until) ->
    ok(on_wires("mesh", Until)),
    epmdpxy_nodes:together(pairs(members(look())), Until);
wait({mesh, Nodes}, Until) ->
    Names = epmdpxy_names:island(Nodes),
    ok(on_wires(["mesh ", epmdpxy_names:text(Names)], Until)),
    epmdpxy_nodes:together(pairs(epmdpxy_names:matching(Names, members(look()))), Until);
wait({connected, A, B}, Until) ->
    [X, Y] = Words = epmdpxy_names:islands([A, B]),
    ok(on_wires(["connected ", epmdpxy_names:text(X), " ", epmdpxy_names:text(Y)], Until)),
    epmdpxy_nodes:together(across(Words, false, known_nodes(look())), Until);
wait({disconnected, A, B}, Until) ->
    [X, Y] = Words = epmdpxy_names:islands([A, B]),
    ok(on_wires(["disconnected ", epmdpxy_names:text(X), " ", epmdpxy_names:text(Y)], Until)),
    epmdpxy_nodes:apart(across(Words, false, known_nodes(look())), Until);
wait(noticed, Until) ->
    case on_wires("noticed", Until) of
        {error, {refused, Status, _}} when Status =:= 404; Status =:= 409 -> {error, nothing_cut};
        ok -> epmdpxy_nodes:apart(cut_pairs(value_of(rules()), look()), Until);
        {error, _} = Error -> Error
    end;
wait(quiet, Until) ->
    on_wires("quiet", Until);
wait({event, Pattern, After}, Until) ->
    again_until(fun() ->
        case [Event || Event <- value_of(events(After)), fits(Pattern, Event)] of
            [Event | _] -> {ok, Event};
            [] -> {again, {no_event, Pattern}}
        end
    end, Until);
wait(Condition, _) ->
    {error, {bad_option, Condition}}.

%% The daemon waits, in slices, so that an answer that gets lost costs no more than one.
on_wires(Condition, Until) ->
    Slice = case epmdpxy_nodes:left(Until) of infinity -> 60000; Left -> min(Left, 60000) end,
    Query = epmdpxy_client:query([{"condition", Condition}, {"timeout", duration(Slice)}]),
    Port = value_of(epmdpxy_daemon:port()),
    case epmdpxy_client:request(Port, get, ["/v1/wait", Query], none, Slice + 5000) of
        {ok, _} -> ok;
        {error, {refused, 504, Missing}} ->
            case epmdpxy_nodes:left(Until) of
                0 -> {error, {timeout, Missing}};
                _ -> on_wires(Condition, Until)
            end;
        {error, _} = Error -> Error
    end.

again_until(Look, Until) ->
    case {Look(), epmdpxy_nodes:left(Until)} of
        {{again, Missing}, 0} -> {error, {timeout, Missing}};
        {{again, _}, _} -> timer:sleep(20), again_until(Look, Until);
        {Answer, _} -> Answer
    end.

fits(Kind, #{event := Event}) when is_atom(Kind) -> Kind =:= Event;
fits(Pattern, Event) ->
    lists:all(fun({Key, Wanted}) ->
        case Event of
            #{Key := Wanted} -> true;
            #{Key := Node} when Key =:= from; Key =:= to -> epmdpxy_names:matching(epmdpxy_names:island(Wanted), [Node]) =/= [];
            _ -> false
        end
    end, maps:to_list(Pattern)).

%% ---- looking ----

%% @doc What the daemon knows: `nodes', `cables' (the connections), `rules', `counters'.
-spec status() -> {ok, #{atom() => term()}} | {error, reason()}.
status() -> request(get, "/v1/status", none).

%% @doc What has happened since that mark (0: all that is remembered), oldest first.
-spec events(non_neg_integer()) -> {ok, [#{atom() => term()}]} | {error, reason()}.
events(After) -> part(events, request(get, ["/v1/events?after=", integer_to_list(After)], none)).

%% @doc The number of the newest event, for events/1, history/1 and await/2. Raises.
-spec mark() -> non_neg_integer().
mark() -> value(part(last, request(get, "/v1/events?after=18446744073709551615", none))).

%% @equiv history(0)
-spec history() -> unicode:chardata().
history() -> history(0).

%% @doc What was cut when, and what nodes and connections came and went, as lines for a failed test's log; also the seed.
-spec history(non_neg_integer()) -> unicode:chardata().
history(After) ->
    case {events(After), epmdpxy_daemon:info()} of
        {{ok, Events}, {ok, #{seed := Seed, port := Port, journal := Journal}}} ->
            Since = case Events of [#{time_ms := First} | _] when After > 0 -> First; _ -> 0 end,
            Lines = lists:keysort(1, [{Ms, Text} || {Ms, Text} <- Journal, Ms >= Since] ++ [event_line(Event) || Event <- Events]),
            [io_lib:format("epmdpxy on port ~w, seed ~w~n", [Port, Seed]) | [history_line(Line) || Line <- Lines]];
        {{error, Why}, _} ->
            ["epmdpxy: ", format_error(Why), "\n"];
        {_, {error, Why}} ->
            ["epmdpxy: ", format_error(Why), "\n"]
    end.

event_line(#{time_ms := Ms, event := Event, text := Text}) ->
    {Ms, io_lib:format("~-14s ~ts", [Event, Text])}.

history_line({Ms, Text}) ->
    [string:slice(calendar:system_time_to_rfc3339(Ms, [{unit, millisecond}]), 11, 12), "  ", Text, "\n"].

%% @doc An error in words, with what to do about it.
-spec format_error(reason()) -> unicode:chardata().
format_error(not_started) -> "epmdpxy is not started: epmdpxy:start()";
format_error({already_started, Port}) ->
    io_lib:format("epmdpxy is started already, on port ~w: epmdpxy:stop() first", [Port]);
format_error({stock_epmd, Port}) ->
    io_lib:format("another port mapper listens on port ~w: run the tests by `epmdpxy exec -- rebar3 ct', or take a free "
                  "port by epmdpxy:start(0)", [Port]);
format_error({port_taken, Port}) ->
    io_lib:format("port ~w is taken by something that is no port mapper: epmdpxy:start(0) takes a free one", [Port]);
format_error({no_program, Text}) -> Text;
format_error({program_too_old, Path}) ->
    io_lib:format("~ts is too old for this client: build it anew, or point EPMDPXY to another one", [Path]);
format_error({daemon_too_old, Port}) ->
    io_lib:format("the epmdpxy on port ~w is too old for this client", [Port]);
format_error({program_failed, Path, Status, Said}) ->
    io_lib:format("~ts did not start (~p): ~ts", [Path, Status, Said]);
format_error({daemon_ended, Status, Said}) ->
    io_lib:format("epmdpxy has ended with status ~w: ~ts", [Status, Said]);
format_error({lost, Port, Why}) ->
    io_lib:format("the epmdpxy on port ~w does not answer: ~p", [Port, Why]);
format_error({refused, _, Text}) -> Text;
format_error({unknown, Names}) ->
    io_lib:format("no node has registered as ~ts; for nodes still to come say wait => true",
                  [lists:join(", ", [atom_to_binary(Name) || Name <- Names])]);
format_error({connected, Nodes}) ->
    io_lib:format("too late to become an observer: connected already with ~p", [Nodes]);
format_error(nothing_cut) -> "nothing is cut, so there is nothing to notice";
format_error({timeout, Missing}) when is_binary(Missing) -> ["time is over: ", Missing];
format_error({timeout, Missing}) -> io_lib:format("time is over: ~p", [Missing]);
format_error(Other) -> io_lib:format("~p", [Other]).

%% ---- asking the daemon ----

request(Method, Path, Document) ->
    case epmdpxy_daemon:port() of
        {ok, Port} ->
            Began = os:system_time(millisecond),
            case epmdpxy_client:request(Port, Method, Path, Document) of
                {ok, Answer} ->
                    Method =:= get orelse
                        epmdpxy_daemon:journal(Began, said(Method, unicode:characters_to_list(Path), Document)),
                    {ok, epmdpxy_names:terms(Answer)};
                {error, _} = Error -> Error
            end;
        {error, _} = Error -> Error
    end.

%% A line of the history.
said(post, "/v1/cut", #{islands := Islands} = Cut) ->
    Parts = lists:join(" | ", [epmdpxy_names:text(Island) || Island <- Islands]),
    io_lib:format("-> cut ~s  ~ts", [maps:get(mode, Cut, hold), Parts]);
said(post, "/v1/cut", #{topology := Topology} = Cut) ->
    io_lib:format("-> cut ~s  ~ts ~ts", [maps:get(mode, Cut, hold), Topology, maps:get(node, Cut, "")]);
said(post, "/v1/fix", #{islands := Islands}) ->
    ["-> fix  ", lists:join(" | ", [epmdpxy_names:text(Island) || Island <- Islands])];
said(post, "/v1/fix", _) -> "-> fix";
said(post, "/v1/rules", #{fault := Fault, params := Params} = Rule) ->
    Whom = maps:with([from, to, between, nodes], Rule),
    io_lib:format("-> fault ~ts ~0tp ~0tp", [Fault, Params, maps:map(fun(_, Names) -> readable(Names) end, Whom)]);
said(delete, "/v1/rules", _) -> "-> clear";
said(delete, "/v1/rules/" ++ Id, _) -> ["-> remove ", Id];
said(Method, Path, _) -> io_lib:format("-> ~s ~ts", [Method, Path]).

readable(Name) when is_binary(Name) -> binary_to_atom(Name);
readable(Names) -> [readable(Name) || Name <- Names].

%% A rule that goes with its owner.
post_owned(Path, More, Document, Options) ->
    For = case Options of #{for := Time} -> #{for => duration(Time)}; _ -> #{} end,
    Lease = case maps:get(owner, Options, default_owner()) of
        none -> #{};
        Owner when is_pid(Owner) -> #{lease => value_of(epmdpxy_daemon:lease(Owner))};
        Other -> throw({error, {bad_option, {owner, Other}}})
    end,
    value_of(request(post, Path, lists:foldl(fun maps:merge/2, Document, [More, For, Lease]))).

%% In a shell each mistake ends the process that evaluates, and another one goes on: the shell itself stays.
default_owner() ->
    Self = self(),
    case process_info(Self, parent) of
        {parent, Parent} when is_pid(Parent), node(Parent) =:= node() ->
            case process_info(Parent, dictionary) of
                {dictionary, Dictionary} ->
                    case lists:keyfind(evaluator, 1, Dictionary) of
                        {evaluator, Self} -> Parent;
                        _ -> Self
                    end;
                undefined -> Self
            end;
        _ -> Self
    end.

duration(Ms) when is_integer(Ms), Ms >= 0 -> <<(integer_to_binary(Ms))/binary, "ms">>;
duration(Text) when is_binary(Text); is_list(Text) -> unicode:characters_to_binary(Text);
duration(Other) -> throw({error, {bad_option, Other}}).

cut_of(#{rules := Rules} = Answer) ->
    Ids = [Id || #{id := Id} <- Rules],
    {ok, maps:merge(maps:with([notes, advice, seed], Answer),
                    #{id => hd(Ids), ids => Ids, islands => lists:append([maps:get(islands, Rule, []) || Rule <- Rules])})}.

%% ---- which nodes ----

look() -> value_of(status()).

%% Full names of the nodes that take part: the registered ones, observers aside.
members(#{nodes := Nodes} = Status) ->
    Peers = maps:keys(epmdpxy_daemon:peers()),
    Members = [Node || #{hidden := false, observer := false} = Document <- Nodes, Node <- full_names(Document, Peers)],
    lists:usort(Members) -- observers(Status).

%% All that there are.
known_nodes(#{nodes := Nodes, cables := Cables}) ->
    Peers = maps:keys(epmdpxy_daemon:peers()),
    Registered = [Node || Document <- Nodes, Node <- full_names(Document, Peers)],
    Ends = [Name || #{dialer := #{name := A}, acceptor := #{name := B}} <- Cables, Name <- [A, B], Name =/= null],
    lists:usort(Registered ++ Ends).

observers(#{nodes := Nodes}) -> [Name || #{observer := true, full_name := Name} <- Nodes, Name =/= null].

%% The port mapper knows a node's host from its first handshake on; a peer's is known anyway.
full_names(#{full_name := Name}, _) when Name =/= null -> [Name];
full_names(#{name := Name}, Peers) -> [Peer || Peer <- Peers, epmdpxy_names:short(Peer) =:= atom_to_binary(Name)].

known(_, #{wait := true}) -> ok;
known(Names, _) ->
    case epmdpxy_daemon:info() of
        {ok, #{options := #{strict := false}}} -> ok;
        {error, Why} -> throw({error, Why});
        {ok, _} ->
            case unknown(Names, look()) of
                [] -> ok;
                Unknown -> throw({error, {unknown, Unknown}})
            end
    end.

unknown(Names, #{nodes := Nodes} = Status) ->
    Hostless = [Name || #{name := Name, full_name := null} <- Nodes],
    Known = known_nodes(Status),
    lists:usort([binary_to_atom(Name) || Name <- Names,
                                         epmdpxy_names:matching([Name], Known) =:= [],
                                         epmdpxy_names:matching(binary:split(Name, <<"@">>, [trim_all]), Hostless) =:= []]).

pairs(Nodes) -> [{A, B} || A <- Nodes, B <- Nodes, A < B].

%% One way: what the first island sends to the others.
across([First | Rest], true, Nodes) -> across_each([{First, Island} || Island <- Rest], Nodes);
across(Islands, false, Nodes) ->
    Numbered = lists:zip(lists:seq(1, length(Islands)), Islands),
    across_each([{A, B} || {I, A} <- Numbered, {J, B} <- Numbered, I < J], Nodes).

across_each(Pairs, Nodes) ->
    lists:usort([{X, Y} || {A, B} <- Pairs, X <- epmdpxy_names:matching(A, Nodes), Y <- epmdpxy_names:matching(B, Nodes),
                           X =/= Y]).

%% Which nodes these rules cut from each other; pairs that were fixed since are none.
cut_pairs(Rules, Status) ->
    Nodes = known_nodes(Status) -- observers(Status),
    lists:usort(lists:append([rule_pairs(Rule, Nodes) || #{fault := partition} = Rule <- Rules,
                                                         not is_refusing(Rule)])).

is_refusing(#{params := #{mode := Mode}}) -> Mode =:= refuse;
is_refusing(_) -> false.

rule_pairs(Rule, Nodes) ->
    Cut = rule_across(Rule, Nodes),
    Fixed = lists:append([across(words(Islands), false, Nodes) || Islands <- maps:get(fixed, Rule, [])]),
    Cut -- (Fixed ++ [{B, A} || {A, B} <- Fixed]).

rule_across(#{islands := Islands} = Rule, Nodes) -> across(words(Islands), maps:get(one_way, Rule, false), Nodes);
rule_across(#{between := [A, B]}, Nodes) -> across(words([A, B]), false, Nodes);
rule_across(#{from := From, to := To}, Nodes) -> across(words([From, To]), false, Nodes);
rule_across(_, Nodes) -> pairs(Nodes).

words(Islands) -> [epmdpxy_names:island(Island) || Island <- Islands].

wires_apart(Pairs, Until) ->
    again_until(fun() ->
        #{cables := Cables} = look(),
        Up = [{A, B} || #{state := up, dialer := #{name := A}, acceptor := #{name := B}} <- Cables,
                        lists:member({A, B}, Pairs) orelse lists:member({B, A}, Pairs)],
        case Up of
            [] -> ok;
            _ -> {again, [{still_connected, A, B} || {A, B} <- Up]}
        end
    end, Until).

%% ---- answers ----

options(Options, Known) when is_map(Options) ->
    case maps:keys(maps:without(Known, Options)) of
        [] -> ok;
        [Other | _] -> throw({error, {bad_option, Other}})
    end;
options(Other, _) -> throw({error, {bad_option, Other}}).

%% Inside, errors are thrown; outside they are returned.
caught(Fun) ->
    try Fun()
    catch throw:{error, _} = Error -> Error
    end.

value_of({ok, Value}) -> Value;
value_of({error, _} = Error) -> throw(Error).

ok_value({ok, _} = Ok) -> Ok;
ok_value({error, _} = Error) -> throw(Error).

ok(ok) -> ok;
ok({error, _} = Error) -> throw(Error).

done({ok, _}) -> ok;
done({error, _} = Error) -> Error.

part(Key, {ok, Answer}) -> {ok, maps:get(Key, Answer)};
part(_, {error, _} = Error) -> Error.

value(ok) -> ok;
value({ok, Value}) -> Value;
value({error, Why}) -> error({epmdpxy, Why}).
