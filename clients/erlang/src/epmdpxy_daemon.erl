%% SPDX-License-Identifier: MIT
%% @private
%% The one process of this client: it owns the port program, renews the leases of those who made rules, and owns the peers.
%% It is linked to nobody, and prints to `user': suites start it from processes that end soon.
-module(epmdpxy_daemon).
-behaviour(gen_server).
-export([start/1, stop/0, port/0, info/0, lease/1, made/2, made_by/1, observed/1, journal/2, names/1, tick_as/1,
         add_peer/3, remove_peer/1, peers/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-define(SERVER, epmdpxy).
-define(VARIABLE, "ERL_EPMD_PORT").
-define(LEASE_FOR, <<"10s">>).
-define(RENEW_MS, 3000).
-define(START_MS, 60000).
-define(END_MS, 5000).
-define(LINES_KEPT, 20).
-define(JOURNAL_MAX, 1000).
-define(STANDARD_PORT, 4369).

-record(state, {number :: inet:port_number(),
                program :: port() | attached | {ended, integer()},
                options :: map(),
                seed :: integer(),
                said = [] :: [binary()],                        % the daemon's last lines, newest first
                journal = [] :: [{integer(), unicode:chardata()}], % newest first
                adopted = false :: boolean(),                   % this VM is a node elsewhere; the socket is ours
                before :: string() | false,                     % the variable, before it was ours
                leases = #{} :: #{pid() => {reference(), binary()}},
                made = #{} :: #{pid() => [pos_integer()]},      % by those who have leases
                observed = [] :: [binary()],
                named = 0 :: non_neg_integer(),
                ticktime = own :: pos_integer() | own,          % of this VM, in s, before it was that of the peers
                peers = #{} :: #{node() => {pid(), reference(), reference() | none}}}). % the monitors of it and of its owner

-spec start(map()) -> {ok, inet:port_number()} | {error, epmdpxy:reason()}.
start(Options) ->
    epmdpxy_ask:caught(fun() ->
        epmdpxy_ask:options(Options, [port, program, observer, strict, seed, log]),
        _ = [fits(Name, Value) orelse throw({error, {bad_option, {Name, Value}}}) || {Name, Value} <- maps:to_list(Options)],
        _ = wanted_port(Options),
        begin_or_join(Options)
    end).

%% What cannot be is said before anything starts.
fits(port, Port) -> is_integer(Port) andalso Port >= 0 andalso Port =< 65535;
fits(seed, Seed) -> is_integer(Seed) andalso Seed >= 0;
fits(File, Name) when File =:= program; File =:= log -> is_list(Name) orelse is_binary(Name) orelse is_atom(Name);
fits(_, Flag) -> is_boolean(Flag).

begin_or_join(Options) ->
    case gen_server:start({local, ?SERVER}, ?MODULE, Options, [{timeout, ?START_MS}]) of
        {ok, _} -> port();
        {error, {already_started, _}} -> same(Options, port());
        {error, {shutdown, Reason}} -> {error, Reason};
        {error, Reason} -> {error, Reason}
    end.

same(#{port := Wanted}, {ok, Port}) when Wanted =/= 0, Wanted =/= Port -> {error, {already_started, Port}};
same(_, Answer) -> Answer.

-spec stop() -> ok.
stop() ->
    case whereis(?SERVER) of
        undefined ->
            ok;
        Pid ->
            Ref = erlang:monitor(process, Pid),
            try gen_server:call(Pid, stop, infinity) catch exit:_ -> ok end,
            receive {'DOWN', Ref, process, Pid, _} -> ok end
    end.

-spec port() -> {ok, inet:port_number()} | {error, epmdpxy:reason()}.
port() -> call(port).

-spec info() -> {ok, map()} | {error, epmdpxy:reason()}.
info() -> call(info).

%% The name of the lease that ends with that process.
-spec lease(pid()) -> {ok, binary()} | {error, epmdpxy:reason()}.
lease(Owner) -> call({lease, Owner}).

%% A line of the history; milliseconds since 1970.
-spec journal(integer(), unicode:chardata()) -> ok.
journal(Ms, Line) -> gen_server:cast(?SERVER, {journal, Ms, Line}).

%% Rules that go with that process; until it ends, it is known which they were.
-spec made(pid(), [pos_integer()]) -> ok.
made(Owner, Ids) -> gen_server:cast(?SERVER, {made, Owner, Ids}).

-spec made_by(pid()) -> [pos_integer()].
made_by(Owner) ->
    case call({made_by, Owner}) of
        {ok, Ids} -> Ids;
        {error, _} -> []
    end.

%% They are taken back when we stop.
-spec observed([binary()]) -> ok | {error, epmdpxy:reason()}.
observed(Names) -> call({observed, Names}).

%% Of nodes to start: nobody else is given them, in no other VM on this machine either.
-spec names(pos_integer()) -> {ok, [atom()]} | {error, epmdpxy:reason()}.
names(Number) -> call({names, Number}).

%% This VM, if it is a node, goes by the ticktime of peers that are to come, until we stop: else an idle link with them is lost.
-spec tick_as(pos_integer()) -> ok | {error, epmdpxy:reason()}.
tick_as(Seconds) -> call({tick_as, Seconds}).

%% It ends with its owner, or with us.
-spec add_peer(node(), pid(), pid() | none) -> ok | {error, epmdpxy:reason()}.
add_peer(Node, Peer, Owner) -> call({add_peer, Node, Peer, Owner}).

-spec remove_peer(node()) -> ok | {error, epmdpxy:reason()}.
remove_peer(Node) -> call({remove_peer, Node}).

%% The control connections of the nodes that have one; none when nothing was started.
-spec peers() -> #{node() => pid()}.
peers() ->
    case call(peers) of
        {ok, Peers} -> Peers;
        {error, _} -> #{}
    end.

call(Request) ->
    try gen_server:call(?SERVER, Request, infinity)
    catch exit:{_, {gen_server, call, _}} -> {error, not_started}
    end.

%% ---- the process ----

-spec init(map()) -> {ok, #state{}} | {stop, {shutdown, epmdpxy:reason()}}.
init(Options) ->
    case whereis(user) of
        undefined -> ok;
        User -> group_leader(User, self())
    end,
    process_flag(trap_exit, true),
    epmdpxy_nowhere:leave(),
    Before = os:getenv(?VARIABLE),
    case begin_with(wanted_port(Options), Options) of
        {ok, Program, Number, Seed} ->
            true = os:putenv(?VARIABLE, integer_to_list(Number)),
            erlang:send_after(?RENEW_MS, self(), renew),
            {ok, #state{number = Number, program = Program, options = Options, seed = Seed, before = Before,
                        adopted = adopt(Number)}};
        {error, Reason} ->
            epmdpxy_nowhere:point(Before),
            {stop, {shutdown, Reason}}
    end.

%% What this VM itself asks.
wanted_port(#{port := Port}) -> Port;
wanted_port(_) ->
    case {init:get_argument(epmd_port), os:getenv(?VARIABLE)} of
        {{ok, [[Port | _] | _]}, _} -> number("-epmd_port", Port);
        {error, Unset} when Unset =:= false; Unset =:= "" -> ?STANDARD_PORT;
        {error, Port} -> number(?VARIABLE, Port)
    end.

number(Name, Text) ->
    case string:to_integer(Text) of
        {Port, []} when Port > 0, Port =< 65535 -> Port;
        _ -> throw({error, {bad_option, {Name, Text}}})
    end.

adopt(Number) ->
    case epmdpxy_adopt:register_at(Number, own_port()) of
        own ->
            false;
        {ok, _Socket} ->
            logger:warning("epmdpxy: this node uses another port mapper, so nodes can connect to it, but it cannot connect to "
                           "them; run it by `epmdpxy exec -- ...' instead"),
            true;
        {error, Why} ->
            logger:warning("epmdpxy: this node uses another port mapper, and could not be registered here: ~p; run it by "
                           "`epmdpxy exec -- ...' instead", [Why]),
            false
    end.

%% Fixed when this VM started.
own_port() ->
    case init:get_argument(epmd_port) of
        {ok, [[Port | _] | _]} -> list_to_integer(Port);
        _ -> ?STANDARD_PORT
    end.

begin_with(0, Options) ->
    launch(0, Options);
begin_with(Number, Options) ->
    case epmdpxy_client:probe(Number) of
        {epmdpxy, #{<<"seed">> := Seed}} -> {ok, attached, Number, Seed};
        nobody -> launch(Number, Options);
        port_mapper -> {error, {stock_epmd, Number}};
        too_old -> {error, {daemon_too_old, Number}};
        stranger -> {error, {port_taken, Number}}
    end.

launch(Wanted, Options) ->
    case epmdpxy_program:find(maps:get(program, Options, undefined)) of
        {ok, Path} ->
            case epmdpxy_program:launch(Path, Wanted, Options) of
                {ok, Program, Number} -> launched(Path, Program, Number);
                {error, _} = Error -> Error
            end;
        {error, _} = Error ->
            Error
    end.

launched(Path, Program, Number) ->
    case epmdpxy_client:probe(Number) of
        {epmdpxy, #{<<"seed">> := Seed}} ->
            {ok, Program, Number, Seed};
        _ ->
            epmdpxy_program:close(Program),
            {error, {program_too_old, Path}}
    end.

-spec handle_call(term(), gen_server:from(), #state{}) ->
          {reply, term(), #state{}} | {stop, normal, ok, #state{}}.
handle_call(stop, _From, State) ->
    {stop, normal, ok, State};
handle_call(info, _From, State) ->
    {reply, {ok, information(State)}, State};
handle_call(peers, _From, #state{peers = Peers} = State) ->
    {reply, {ok, maps:map(fun(_, {Peer, _, _}) -> Peer end, Peers)}, State};
handle_call({add_peer, Node, Peer, Owner}, _From, #state{peers = Peers} = State) ->
    Owned = case Owner of none -> none; _ -> erlang:monitor(process, Owner) end,
    {reply, ok, State#state{peers = Peers#{Node => {Peer, erlang:monitor(process, Peer), Owned}}}};
handle_call({remove_peer, Node}, _From, #state{peers = Peers} = State) ->
    {reply, ok, State#state{peers = maps:remove(Node, Peers)}};
handle_call(_, _From, #state{program = {ended, Status}, said = Said} = State) ->
    {reply, {error, {daemon_ended, Status, lines(Said)}}, State};
handle_call(port, _From, #state{number = Number} = State) ->
    {reply, {ok, Number}, State};
handle_call({names, Number}, _From, #state{named = Last} = State) ->
    Names = [list_to_atom("n" ++ integer_to_list(I) ++ "_" ++ os:getpid()) || I <- lists:seq(Last + 1, Last + Number)],
    {reply, {ok, Names}, State#state{named = Last + Number}};
handle_call({tick_as, Seconds}, _From, State) ->
    {reply, ok, tick_as(net_kernel:get_net_ticktime(), Seconds, State)};
handle_call({observed, Names}, _From, #state{observed = Observed} = State) ->
    {reply, ok, State#state{observed = lists:usort(Names ++ Observed)}};
handle_call({made_by, Owner}, _From, #state{made = Made} = State) ->
    {reply, {ok, maps:get(Owner, Made, [])}, State};
handle_call({lease, Owner}, _From, #state{leases = Leases} = State) when is_map_key(Owner, Leases) ->
    #{Owner := {_, Name}} = Leases,
    {reply, renew(State, Name), State};
handle_call({lease, Owner}, _From, #state{leases = Leases} = State) ->
    Name = lease_name(Owner),
    case renew(State, Name) of
        {ok, _} = Ok -> {reply, Ok, State#state{leases = Leases#{Owner => {erlang:monitor(process, Owner), Name}}}};
        {error, _} = Error -> {reply, Error, State}
    end.

-spec handle_cast(term(), #state{}) -> {noreply, #state{}}.
handle_cast({made, Owner, Ids}, #state{leases = Leases, made = Made} = State) when is_map_key(Owner, Leases) ->
    {noreply, State#state{made = Made#{Owner => Ids ++ maps:get(Owner, Made, [])}}};
handle_cast({made, _Ended, _Ids}, State) ->
    {noreply, State};
handle_cast({journal, Ms, Line}, #state{journal = Journal} = State) ->
    {noreply, State#state{journal = lists:sublist([{Ms, Line} | Journal], ?JOURNAL_MAX)}}.

-spec handle_info(term(), #state{}) -> {noreply, #state{}}.
handle_info(renew, #state{leases = Leases} = State) ->
    _ = [renew(State, Name) || {_, Name} <- maps:values(Leases)],
    erlang:send_after(?RENEW_MS, self(), renew),
    {noreply, State};
handle_info({'DOWN', Ref, process, Pid, _}, #state{leases = Leases} = State) ->
    case Leases of
        #{Pid := {Ref, Name}} ->
            end_lease(State, Name),
            {noreply, State#state{leases = maps:remove(Pid, Leases), made = maps:remove(Pid, State#state.made)}};
        _ ->
            {noreply, State#state{peers = peers_left(Ref, State#state.peers)}}
    end;
handle_info({Program, {data, {_, Line}}}, #state{program = Program, said = Said} = State) ->
    {noreply, State#state{said = lists:sublist([Line | Said], ?LINES_KEPT)}};
handle_info({Program, {exit_status, Status}}, #state{program = Program, said = Said, before = Before} = State) ->
    epmdpxy_nowhere:point(Before),
    logger:error("epmdpxy ended with status ~w:~n~ts", [Status, lines(Said)]),
    {noreply, State#state{program = {ended, Status}}};
handle_info(_, State) ->
    {noreply, State}.

-spec terminate(term(), #state{}) -> ok.
terminate(_Why, #state{peers = Peers, program = Program, number = Number, before = Before} = State) ->
    _ = [epmdpxy_peers:end_one(Peer) || {Peer, _, _} <- maps:values(Peers)],
    epmdpxy_peers:tidy(),
    if
        is_port(Program) -> end_program(Program, Number);
        Program =:= attached -> take_back(State);
        true -> ok
    end,
    restore(Before),
    tick_again(State),
    epmdpxy_nowhere:leave().

%% Its standard input closes, and it ends; the port is free when we return.
end_program(Program, Number) ->
    epmdpxy_program:close(Program),
    await_end(Number, erlang:monotonic_time(millisecond) + ?END_MS).

await_end(Number, Until) ->
    case gen_tcp:connect({127, 0, 0, 1}, Number, [], 1000) of
        {ok, Socket} ->
            gen_tcp:close(Socket),
            case erlang:monotonic_time(millisecond) < Until of
                true -> timer:sleep(10), await_end(Number, Until);
                false -> logger:warning("epmdpxy on port ~w has not ended", [Number])
            end;
        {error, _} ->
            ok
    end.

take_back(#state{leases = Leases, observed = Observed, number = Number} = State) ->
    _ = [end_lease(State, Name) || {_, Name} <- maps:values(Leases)],
    _ = [epmdpxy_client:request(Number, delete, ["/v1/observers/", uri_string:quote(Name)]) || Name <- Observed],
    ok.

restore(false) -> true = os:unsetenv(?VARIABLE);
restore(Before) -> true = os:putenv(?VARIABLE, Before).

%% ---- ticks ----

%% Links with others are not put at risk.
tick_as(Own, Seconds, #state{peers = Peers, ticktime = Before} = State)
  when is_integer(Own), is_integer(Seconds), Seconds > 0, Own =/= Seconds ->
    case nodes(connected) -- maps:keys(Peers) of
        [] ->
            _ = net_kernel:set_net_ticktime(Seconds, 0),
            State#state{ticktime = case Before of own -> Own; _ -> Before end};
        Others ->
            logger:warning("epmdpxy: the net_ticktime of this node is ~w s, that of the peers ~w s, so idle links between them are "
                           "lost; it stays, as ~p may go by it: say `epmdpxy exec --ticktime ~w -- ...'",
                           [Own, Seconds, hd(Others), Seconds]),
            State
    end;
tick_as(_, _, State) -> % no node, or the same
    State.

tick_again(#state{ticktime = own}) -> ok;
tick_again(#state{ticktime = Before}) -> _ = net_kernel:set_net_ticktime(Before, 0), ok.

%% One has ended, or those go whose owner has.
peers_left(Ref, Peers) ->
    _ = [epmdpxy_peers:end_one(Peer) || {Peer, _, Owned} <- maps:values(Peers), Owned =:= Ref],
    maps:filter(fun(_, {_, Its, Owned}) -> Its =/= Ref andalso Owned =/= Ref end, Peers).

%% ---- leases ----

lease_name(Owner) ->
    Pid = [C || C <- pid_to_list(Owner), C =/= $<, C =/= $>],
    unicode:characters_to_binary(["erlang-", os:getpid(), "-", Pid]).

renew(#state{number = Number}, Name) ->
    case epmdpxy_client:request(Number, post, "/v1/leases", #{name => Name, for => ?LEASE_FOR}) of
        {ok, _} -> {ok, Name};
        {error, _} = Error -> Error
    end.

end_lease(#state{number = Number}, Name) ->
    _ = epmdpxy_client:request(Number, delete, ["/v1/leases/", Name]),
    ok.

%% ---- looking ----

information(#state{adopted = Adopted, number = Number, program = Program, seed = Seed, options = Options, leases = Leases, peers = Peers,
                   journal = Journal}) ->
    #{port => Number, adopted => Adopted, seed => Seed, options => Options, owners => maps:keys(Leases), peers => maps:keys(Peers),
      journal => lists:reverse(Journal),
      daemon => case Program of
                    attached -> attached;
                    {ended, _} -> ended;
                    _ -> launched
                end}.

lines(Said) -> iolist_to_binary(lists:join("\n", lists:reverse(Said))).
