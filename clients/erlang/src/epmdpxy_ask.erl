%% SPDX-License-Identifier: MIT
%% @private
%% Asking the daemon for the caller, in its process. Inside the client errors are thrown, and caught/1 makes answers of them.
-module(epmdpxy_ask).
-export([request/3, post_owned/4, default_owner/0, duration/1, options/2, caught/1, value_of/1, ok/1, done/1, part/2]).

-spec request(epmdpxy_client:method(), iodata(), epmdpxy_client:document() | none) -> {ok, map()} | {error, epmdpxy:reason()}.
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
-spec post_owned(iodata(), map(), map(), map()) -> map().
post_owned(Path, More, Document, Options) ->
    For = case Options of #{for := Time} -> #{for => duration(Time)}; _ -> #{} end,
    Owner = maps:get(owner, Options, default_owner()),
    Lease = case Owner of
        none -> #{};
        Pid when is_pid(Pid) -> #{lease => value_of(epmdpxy_daemon:lease(Pid))};
        Other -> throw({error, {bad_option, {owner, Other}}})
    end,
    Answer = value_of(request(post, Path, lists:foldl(fun maps:merge/2, Document, [More, For, Lease]))),
    _ = [epmdpxy_daemon:made(Owner, [Id || #{id := Id} <- Rules]) || is_pid(Owner), #{rules := Rules} <- [Answer]],
    Answer.

%% In a shell each mistake ends the process that evaluates, and another one goes on: the shell itself stays.
-spec default_owner() -> pid().
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

-spec duration(epmdpxy:duration() | 0) -> binary().
duration(Ms) when is_integer(Ms), Ms >= 0 -> <<(integer_to_binary(Ms))/binary, "ms">>;
duration(Text) when is_binary(Text); is_list(Text) -> unicode:characters_to_binary(Text);
duration(Other) -> throw({error, {bad_option, Other}}).

%% ---- answers ----

-spec options(map(), [atom()]) -> ok.
options(Options, Known) when is_map(Options) ->
    case maps:keys(maps:without(Known, Options)) of
        [] -> ok;
        [Other | _] -> throw({error, {bad_option, Other}})
    end;
options(Other, _) -> throw({error, {bad_option, Other}}).

%% Inside, errors are thrown; outside they are returned.
-spec caught(fun(() -> Result)) -> Result | {error, epmdpxy:reason()}.
caught(Fun) ->
    try Fun()
    catch throw:{error, _} = Error -> Error
    end.

-spec value_of({ok, Value} | {error, epmdpxy:reason()}) -> Value.
value_of({ok, Value}) -> Value;
value_of({error, _} = Error) -> throw(Error).

-spec ok(ok | {error, epmdpxy:reason()}) -> ok.
ok(ok) -> ok;
ok({error, _} = Error) -> throw(Error).

-spec done({ok, term()} | {error, Reason}) -> ok | {error, Reason}.
done({ok, _}) -> ok;
done({error, _} = Error) -> Error.

-spec part(atom(), {ok, map()} | {error, Reason}) -> {ok, term()} | {error, Reason}.
part(Key, {ok, Answer}) -> {ok, maps:get(Key, Answer)};
part(_, {error, _} = Error) -> Error.
