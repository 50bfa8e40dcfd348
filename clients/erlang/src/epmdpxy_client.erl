%% SPDX-License-Identifier: MIT
%% @private
%% The daemon's API: HTTP over a connection for each request, documents as external terms. It knows nobody's state, so that
%% whoever asks waits in its own process.
-module(epmdpxy_client).
-export([request/3, request/4, request/5, probe/1, query/1]).
-export_type([method/0, document/0, reason/0]).

-type method() :: get | post | delete.
-type document() :: #{binary() | atom() => term()}.
%% `lost': nobody answers there, or not as epmdpxy does. `refused': the status of HTTP, and what the daemon says.
-type reason() :: {lost, inet:port_number(), term()} | {refused, 400..599, binary()}.

-define(TERMS, "application/vnd.erlang.etf").
-define(CONNECT_MS, 5000).
-define(ANSWER_MS, 15000).
-define(BODY_BYTES_MAX, 64 * 1024 * 1024).

-spec request(inet:port_number(), method(), iodata()) -> {ok, document()} | {error, reason()}.
request(Port, Method, Path) -> request(Port, Method, Path, none).

-spec request(inet:port_number(), method(), iodata(), document() | none) -> {ok, document()} | {error, reason()}.
request(Port, Method, Path, Document) -> request(Port, Method, Path, Document, ?ANSWER_MS).

%% `Timeout': for the answer to begin, in milliseconds.
-spec request(inet:port_number(), method(), iodata(), document() | none, timeout()) ->
          {ok, document()} | {error, reason()}.
request(Port, Method, Path, Document, Timeout) ->
    case connect(Port) of
        {ok, Socket} ->
            try ask(Socket, Method, Path, Document, Timeout) of
                {ok, Status, Answer} when Status < 400 -> {ok, Answer};
                {ok, Status, #{<<"error">> := Text}} -> {error, {refused, Status, Text}};
                {ok, Status, _} -> {error, {refused, Status, <<>>}};
                {error, Why} -> {error, {lost, Port, Why}}
            after
                gen_tcp:close(Socket)
            end;
        {error, Why} ->
            {error, {lost, Port, Why}}
    end.

%% Who is at that port? `port_mapper': one that is not epmdpxy; `too_old': an epmdpxy that speaks JSON only.
-spec probe(inet:port_number()) -> {epmdpxy, document()} | too_old | nobody | port_mapper | stranger.
probe(Port) ->
    case connect(Port) of
        {error, _} ->
            nobody;
        {ok, Socket} ->
            _ = gen_tcp:send(Socket, <<1:16, $n>>),
            Answer = gen_tcp:recv(Socket, 4, ?CONNECT_MS),
            gen_tcp:close(Socket),
            case Answer of
                {ok, <<Port:32>>} -> probe_http(Port);
                _ -> stranger
            end
    end.

probe_http(Port) ->
    case request(Port, get, "/v1/status", none, ?CONNECT_MS) of
        {ok, #{<<"version">> := _} = Status} -> {epmdpxy, Status};
        {error, {lost, Port, {no_terms, <<"application/json", _/binary>>}}} -> too_old;
        _ -> port_mapper
    end.

%% [{"condition", "mesh"}] as it stands behind a path.
-spec query([{string(), unicode:chardata()}]) -> iolist().
query(Pairs) -> ["?", uri_string:compose_query([{Key, unicode:characters_to_list(Value)} || {Key, Value} <- Pairs])].

connect(Port) ->
    case gen_tcp:connect({127, 0, 0, 1}, Port, [inet | options()], ?CONNECT_MS) of
        {ok, Socket} ->
            {ok, Socket};
        {error, _} = Error ->
            case gen_tcp:connect({0, 0, 0, 0, 0, 0, 0, 1}, Port, [inet6 | options()], ?CONNECT_MS) of
                {ok, Socket} -> {ok, Socket};
                {error, _} -> Error
            end
    end.

options() -> [binary, {active, false}, {nodelay, true}].

ask(Socket, Method, Path, Document, Timeout) ->
    Body = case Document of none -> <<>>; _ -> term_to_binary(Document) end,
    Head = [string:uppercase(atom_to_list(Method)), " ", Path, " HTTP/1.1\r\n"
            "Host: localhost\r\nConnection: close\r\nAccept: " ?TERMS "\r\n",
            ["Content-Type: " ?TERMS "\r\n" || Document =/= none],
            "Content-Length: ", integer_to_list(byte_size(Body)), "\r\n\r\n"],
    maybe_all([fun() -> gen_tcp:send(Socket, [Head, Body]) end,
               fun() -> inet:setopts(Socket, [{packet, http_bin}]) end],
              fun() -> read_status(Socket, Timeout) end).

maybe_all([], Last) -> Last();
maybe_all([Step | Rest], Last) ->
    case Step() of
        ok -> maybe_all(Rest, Last);
        {error, _} = Error -> Error
    end.

read_status(Socket, Timeout) ->
    case gen_tcp:recv(Socket, 0, Timeout) of
        {ok, {http_response, _, 100, _}} -> skip_headers(Socket, Timeout);
        {ok, {http_response, _, Status, _}} -> read_headers(Socket, Status, #{length => 0, type => <<>>});
        {ok, _} -> {error, no_http};
        {error, _} = Error -> Error
    end.

skip_headers(Socket, Timeout) ->
    case gen_tcp:recv(Socket, 0, ?ANSWER_MS) of
        {ok, http_eoh} -> read_status(Socket, Timeout);
        {ok, _} -> skip_headers(Socket, Timeout);
        {error, _} = Error -> Error
    end.

read_headers(Socket, Status, Seen) ->
    case gen_tcp:recv(Socket, 0, ?ANSWER_MS) of
        {ok, {http_header, _, 'Content-Length', _, Length}} ->
            read_headers(Socket, Status, Seen#{length := binary_to_integer(Length)});
        {ok, {http_header, _, 'Transfer-Encoding', _, <<"chunked">>}} ->
            read_headers(Socket, Status, Seen#{length := chunks});
        {ok, {http_header, _, 'Content-Type', _, Type}} ->
            read_headers(Socket, Status, Seen#{type := Type});
        {ok, {http_header, _, _, _, _}} ->
            read_headers(Socket, Status, Seen);
        {ok, http_eoh} ->
            read_body(Socket, Status, Seen);
        {ok, _} ->
            {error, no_http};
        {error, _} = Error ->
            Error
    end.

read_body(_Socket, Status, #{length := 0}) -> {ok, Status, #{}};
read_body(Socket, Status, #{length := chunks, type := Type}) ->
    case read_chunks(Socket, [], 0) of
        {ok, Body} -> decode(Status, Type, Body);
        {error, _} = Error -> Error
    end;
read_body(_Socket, _Status, #{length := Length}) when Length > ?BODY_BYTES_MAX -> {error, {too_long, Length}};
read_body(Socket, Status, #{length := Length, type := Type}) ->
    ok = inet:setopts(Socket, [{packet, raw}]),
    case gen_tcp:recv(Socket, Length, ?ANSWER_MS) of
        {ok, Body} -> decode(Status, Type, Body);
        {error, _} = Error -> Error
    end.

%% What is long comes in chunks: a line with its length, in base 16, before each, and an empty one behind the last.
read_chunks(_Socket, _Read, Size) when Size > ?BODY_BYTES_MAX -> {error, {too_long, Size}};
read_chunks(Socket, Read, Size) ->
    ok = inet:setopts(Socket, [{packet, line}]),
    case gen_tcp:recv(Socket, 0, ?ANSWER_MS) of
        {ok, Line} -> read_chunk(Socket, Read, Size, chunk_length(Line));
        {error, _} = Error -> Error
    end.

chunk_length(Line) ->
    try binary_to_integer(string:trim(Line), 16)
    catch error:badarg -> bad
    end.

read_chunk(_Socket, _Read, _Size, Length) when not is_integer(Length); Length < 0; Length > ?BODY_BYTES_MAX ->
    {error, no_http};
read_chunk(_Socket, Read, _Size, 0) ->
    {ok, iolist_to_binary(lists:reverse(Read))};
read_chunk(Socket, Read, Size, Length) ->
    ok = inet:setopts(Socket, [{packet, raw}]),
    case gen_tcp:recv(Socket, Length + 2, ?ANSWER_MS) of
        {ok, <<Chunk:Length/binary, "\r\n">>} -> read_chunks(Socket, [Chunk | Read], Size + Length);
        {ok, _} -> {error, no_http};
        {error, _} = Error -> Error
    end.

decode(Status, <<?TERMS, _/binary>>, Body) ->
    try binary_to_term(Body, [safe]) of
        Document when is_map(Document) -> {ok, Status, Document};
        _ -> {error, bad_document}
    catch
        error:badarg -> {error, bad_document}
    end;
decode(_Status, Type, _Body) ->
    {error, {no_terms, Type}}.
