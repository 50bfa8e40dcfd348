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
%% <li>`cut_cables/2', `fix_cables/2', `with_cut/2', `with_faults/2', `call/4' raise `error({epmdpxy, reason()})'; so do
%%     `port/0', `env/0' and `mark/0', which return what they are named after. All others return `ok', `{ok, T}' or
%%     `{error, reason()}', for which `format_error/1' has words.</li>
%% </ul>
-module(epmdpxy).

-export([start/0, start/1, stop/0, port/0, env/0, info/0]).
-export([cut_cables/2, fix_cables/2]).
-export([sever/1, sever/2, cut/1, cut/2, fix/0, fix/1, heal/0, heal/1, heal/2, with_cut/2, with_cut/3]).
-export([isolate/1, isolate/2, halves/0, halves/1, random_halves/0, random_halves/1, majorities_ring/0, majorities_ring/1,
         bridge/1, bridge/2, flap/2, stop_flap/1]).
-export([observer/1, observer/2, peers/1, peers/2, stop_peer/1, call/4, call/5]).
-export([fault/3, with_faults/2, remove/1, clear/0, rules/0, effect/1, kinds/0]).
-export([block_traffic_between/2, allow_traffic_between/2]).
-export([await/1, await/2, status/0, events/1, mark/0, history/0, history/1, format_error/1]).
-export_type([name/0, island/0, islands/0, duration/0, reason/0, start_options/0, cut/0, cut_options/0, sever_options/0,
              split_options/0, fault_options/0, rule/0, condition/0, peer_options/0]).

-import(epmdpxy_ask, [request/3, options/2, caught/1, value_of/1, ok/1, done/1, part/2]).
-import(epmdpxy_look, [pairs/1]).

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
      | {ended, [pos_integer()]}                       % rules that are no more
      | {flap_failed, term()}
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
                   | {disconnected, island(), island()} | noticed | settled | quiet
                   | {event, atom() | #{atom() => term()}, non_neg_integer()}.
-type peer_options() :: #{args => [string()], env => [{string(), string()}], apps => [atom()], cookie => atom(),
                          ticktime => pos_integer(), code_path => [file:filename()], log_dir => file:name_all(), owner => pid() | none}.

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
    end;
start(Other) ->
    {error, {bad_option, Other}}.

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

%% @doc `port', `daemon' (launched, attached or ended), `adopted' (this VM is a node on another port mapper, and registered here
%% as well), `seed', `peers', `owners' of rules.
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
cut(Islands, Options) -> epmdpxy_cut:cut(Islands, Options).

%% @equiv sever(Islands, #{})
-spec sever(islands()) -> {ok, cut()} | {error, reason()}.
sever(Islands) -> sever(Islands, #{}).

%% @doc The connections between the islands end now, and new ones are held (`redial => refuse': refused at once, for code that
%% dials and waits). Returns when every node that can be asked has lost those of the other islands: peers of `peers/2', and
%% nodes that this VM is connected with. `timeout': 30000 ms; the cut stays when it is over.
-spec sever(islands(), sever_options()) -> {ok, cut()} | {error, reason()}.
sever(Islands, Options) -> epmdpxy_cut:sever(Islands, Options).

%% @equiv isolate(Node, #{})
-spec isolate(name()) -> {ok, cut()} | {error, reason()}.
isolate(Node) -> isolate(Node, #{}).

%% @doc Severs one node from all others.
-spec isolate(name(), split_options()) -> {ok, cut()} | {error, reason()}.
isolate(Node, Options) -> epmdpxy_cut:split(isolate, Node, Options).

%% @equiv halves(#{})
-spec halves() -> {ok, cut()} | {error, reason()}.
halves() -> halves(#{}).

%% @doc Severs the first half of the registered nodes (or of those `among') from the second, in the order of their names.
-spec halves(split_options()) -> {ok, cut()} | {error, reason()}.
halves(Options) -> epmdpxy_cut:split(halves, none, Options).

%% @equiv random_halves(#{})
-spec random_halves() -> {ok, cut()} | {error, reason()}.
random_halves() -> random_halves(#{}).

%% @doc The same by chance; the answer has the `seed' that repeats it.
-spec random_halves(split_options()) -> {ok, cut()} | {error, reason()}.
random_halves(Options) -> epmdpxy_cut:split('random-halves', none, Options).

%% @equiv majorities_ring(#{})
-spec majorities_ring() -> {ok, cut()} | {error, reason()}.
majorities_ring() -> majorities_ring(#{}).

%% @doc Each node sees a majority, and no two see the same one.
-spec majorities_ring(split_options()) -> {ok, cut()} | {error, reason()}.
majorities_ring(Options) -> epmdpxy_cut:split('majorities-ring', none, Options).

%% @equiv bridge(Node, #{})
-spec bridge(name()) -> {ok, cut()} | {error, reason()}.
bridge(Node) -> bridge(Node, #{}).

%% @doc Two halves that only this node can talk to both of.
-spec bridge(name(), split_options()) -> {ok, cut()} | {error, reason()}.
bridge(Node, Options) -> epmdpxy_cut:split(bridge, Node, Options).

%% @doc Severs and fixes again and again, `period' (5000 ms) each, until `stop_flap/1', or until the owner ends. A list of
%% islands, or a topology without a node. Each time may wait for the nodes, so it may take longer.
-spec flap(islands() | halves | random_halves | majorities_ring, #{period => pos_integer(), owner => pid()}) ->
          {ok, pid()} | {error, reason()}.
flap(Split, Options) ->
    caught(fun() ->
        options(Options, [period, owner]),
        Cut = case Split of
            halves -> fun halves/0;
            random_halves -> fun random_halves/0;
            majorities_ring -> fun majorities_ring/0;
            Islands when is_list(Islands) -> fun() -> sever(Islands) end;
            Other -> throw({error, {bad_option, Other}})
        end,
        epmdpxy_flap:start(Cut, maps:get(period, Options, 5000), maps:get(owner, Options, epmdpxy_ask:default_owner()))
    end).

%% @doc Ends it, and its cut.
-spec stop_flap(pid()) -> ok.
stop_flap(Flapper) -> epmdpxy_flap:stop(Flapper).

%% @doc Removes every cut; what was held arrives. Nodes that have lost each other connect when they next send: see heal/0.
-spec fix() -> ok | {error, reason()}.
fix() -> epmdpxy_cut:fix().

%% @doc Only between these islands; other cuts stay. Names that nobody has, and pairs that nobody has cut, are a warning in the
%% log: a node may have ended meanwhile.
-spec fix(islands()) -> ok | {error, reason()}.
fix(Islands) -> epmdpxy_cut:fix(Islands).

%% @doc Removes every cut, lets the nodes dial, and returns when every two of them are connected, as they see it: all that are
%% registered and can be asked, observers aside. 30000 ms.
-spec heal() -> ok | {error, reason()}.
heal() -> epmdpxy_cut:heal().

%% @equiv heal(Islands, #{})
-spec heal(islands()) -> ok | {error, reason()}.
heal(Islands) -> heal(Islands, #{}).

%% @doc Only between these islands. `timeout': 30000 ms.
-spec heal(islands(), #{timeout => timeout()}) -> ok | {error, reason()}.
heal(Islands, Options) -> epmdpxy_cut:heal(Islands, Options).

%% @doc Severs, runs, heals, also when it raises. Returns what the fun does. Raises.
-spec with_cut(islands(), fun(() -> Result)) -> Result.
with_cut(Islands, Fun) -> with_cut(Islands, #{}, Fun).

%% @doc The same, with the options of sever/2.
-spec with_cut(islands(), sever_options(), fun(() -> Result)) -> Result.
with_cut(Islands, Options, Fun) -> epmdpxy_cut:with(Islands, Options, Fun).

%% @doc These nodes are no part of the experiment: no cut or pattern is about them, and nodes see them as hidden. Before they
%% connect, else `{error, {connected, Nodes}}'. `clear/0' does not take it away; `stop/0' does.
-spec observer(island()) -> ok | {error, reason()}.
observer(Runner) -> observer(Runner, '*').

%% @doc The same; only a connection with these nodes comes too early. For a runner that is connected with others already.
-spec observer(island(), island()) -> ok | {error, reason()}.
observer(Runner, Nodes) -> epmdpxy_observer:declare(Runner, Nodes).

%% ---- nodes ----

%% @equiv peers(Names, #{})
-spec peers(pos_integer() | [name()]) -> {ok, [node()]} | {error, reason()}.
peers(Names) -> peers(Names, #{}).

%% @doc Starts nodes (a number: with names of their own), controlled over standard input and output, and linked to nobody; they
%% end with stop/0, or with the process that is their `owner'. They have this VM's cookie and code path, and a `net_ticktime' of 4 s (`ticktime'), by which this VM goes as
%% well until then, if it is a node that is connected with no others. Their logs are in files (`log_dir', else a temporary
%% directory). Returns when they are connected with each other.
-spec peers(pos_integer() | [name()], peer_options()) -> {ok, [node()]} | {error, reason()}.
peers(Number, Options) when is_integer(Number), Number > 0 ->
    caught(fun() -> peers(value_of(epmdpxy_daemon:names(Number)), Options) end);
peers(Names, Options) ->
    caught(fun() ->
        options(Options, [args, env, apps, cookie, ticktime, code_path, log_dir, owner]),
        owner(Options),
        _ = value_of(epmdpxy_daemon:port()),
        Nodes = value_of(epmdpxy_peers:start([binary_to_atom(Name) || Name <- epmdpxy_names:island(Names)], Options)),
        ok(epmdpxy_nodes:connect(pairs(Nodes), epmdpxy_nodes:until(?TIMEOUT))),
        {ok, Nodes}
    end).

owner(#{owner := Other}) when not is_pid(Other), Other =/= none -> throw({error, {bad_option, {owner, Other}}});
owner(_) -> ok.

%% @doc Ends one of them.
-spec stop_peer(node()) -> ok | {error, reason()}.
stop_peer(Node) -> epmdpxy_peers:stop(Node).

%% @equiv call(Node, Module, Function, Args, 30000)
-spec call(node(), module(), atom(), [term()]) -> term().
call(Node, Module, Function, Args) -> call(Node, Module, Function, Args, ?TIMEOUT).

%% @doc What the function returns on that node, or raises there. For nodes of `peers/2', cut off or not, and for those that this
%% VM is connected with. Raises.
-spec call(node(), module(), atom(), [term()], timeout()) -> term().
call(Node, Module, Function, Args, Timeout) ->
    case epmdpxy_nodes:call(Node, Module, Function, Args, Timeout) of
        {ok, Result} -> Result;
        {error, Reason} -> error({epmdpxy, Reason})
    end.

%% ---- faults ----

%% @doc Adds a fault: see `kinds/0', and the daemon's documentation for what nodes make of it. Parameters are those of the
%% daemon; integers that are durations (`delay', `jitter', `every') are milliseconds.
-spec fault(atom(), #{atom() => term()}, fault_options()) -> {ok, rule()} | {error, reason()}.
fault(Kind, Params, Options) -> epmdpxy_fault:add(Kind, Params, Options).

%% @doc Adds faults, runs, removes them, also when it raises. Returns what the fun does. Raises.
-spec with_faults([{atom(), #{atom() => term()}, fault_options()}], fun(() -> Result)) -> Result.
with_faults(Faults, Fun) -> epmdpxy_fault:with(Faults, Fun).

%% @doc Removes a rule, or all of a cut; whether they have ended meanwhile does not matter.
-spec remove(pos_integer() | cut() | rule()) -> ok | {error, reason()}.
remove(Rule) -> epmdpxy_fault:remove(Rule).

%% @doc Removes every rule, whoever made it; observers stay.
-spec clear() -> ok | {error, reason()}.
clear() -> done(request(delete, "/v1/rules", none)).

%% @doc The rules that are in force.
-spec rules() -> {ok, [rule()]} | {error, reason()}.
rules() -> part(rules, request(get, "/v1/rules", none)).

%% @doc What a rule, or a cut, has done so far: `cables' and `dials', connections that it was about, and what it has changed
%% (`held_bytes', `delayed_frames', `closed', ...; all of them are in doc/API.md). Unless it has `bitten' all would have gone the
%% same way without it: such a test has shown nothing. Times (`first_ms', `last_ms') are since 1970.
-spec effect(pos_integer() | cut() | rule()) ->
          {ok, #{bitten := boolean(), cables := integer(), dials := integer(), atom() => integer()}} | {error, reason()}.
effect(Rule) -> epmdpxy_fault:effect(Rule).

%% @doc The kinds of fault, and their parameters.
-spec kinds() -> {ok, [#{atom() => term()}]} | {error, reason()}.
kinds() -> part(kinds, request(get, "/v1/kinds", none)).

%% ---- as other suites call it ----

%% @doc For suites that have a helper of that name: severs. Raises.
-spec block_traffic_between(island(), island()) -> ok.
block_traffic_between(A, B) ->
    _ = value(sever([A, B])),
    ok.

%% @doc And heals, also what nobody has blocked. Raises.
-spec allow_traffic_between(island(), island()) -> ok.
allow_traffic_between(A, B) -> value(epmdpxy_cut:allow(A, B)).

%% ---- waiting ----

%% @equiv await(Condition, 30000)
-spec await(condition()) -> ok | {ok, map()} | {error, reason()}.
await(Condition) -> await(Condition, ?TIMEOUT).

%% @doc Until it holds, on the wires and as the nodes that can be asked see it. `{up, N}': N nodes are registered, or those of
%% these names. `noticed': no connection is left across a cut; `{error, nothing_cut}' without one. `settled': that, and a quarter
%% of a second has gone by, for what runs on the nodes to take it in. `{event, Pattern, Mark}': an event behind that mark (mark/0)
%% of that kind, or with these fields; `{ok, Event}' then. Milliseconds.
-spec await(condition(), timeout()) -> ok | {ok, map()} | {error, reason()}.
await(Condition, Timeout) -> caught(fun() -> epmdpxy_await:holds(Condition, epmdpxy_nodes:until(Timeout)) end).

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
-spec history() -> binary().
history() -> history(0).

%% @doc What was cut when, and what nodes and connections came and went, as lines for a failed test's log; also the seed.
-spec history(non_neg_integer()) -> binary().
history(After) -> unicode:characters_to_binary(epmdpxy_history:since(After)).

%% @doc An error in words, with what to do about it.
-spec format_error(reason()) -> unicode:chardata().
format_error(Why) -> epmdpxy_words:error(Why).

%% ---- help ----

value(ok) -> ok;
value({ok, Value}) -> Value;
value({error, Why}) -> error({epmdpxy, Why}).
