%% SPDX-License-Identifier: MIT
%% @private
%% A split that comes and goes. Its rules are the flapping process's, so they go with it.
-module(epmdpxy_flap).
-export([start/3, stop/1]).

-spec start(fun(() -> {ok, epmdpxy:cut()} | {error, epmdpxy:reason()}), pos_integer(), pid()) ->
          {ok, pid()} | {error, epmdpxy:reason()}.
start(Cut, Period, Owner) ->
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() -> begin_with(Self, Cut, Period, Owner) end),
    receive
        {Pid, cut} -> erlang:demonitor(Ref, [flush]), {ok, Pid};
        {'DOWN', Ref, process, Pid, {error, _} = Error} -> Error;
        {'DOWN', Ref, process, Pid, Why} -> {error, {flap_failed, Why}}
    end.

-spec stop(pid()) -> ok.
stop(Pid) ->
    Ref = erlang:monitor(process, Pid),
    Pid ! stop,
    receive {'DOWN', Ref, process, Pid, _} -> ok end.

begin_with(Starter, Cut, Period, Owner) ->
    Ref = erlang:monitor(process, Owner),
    case Cut() of
        {ok, Is} -> Starter ! {self(), cut}, flap(Is, Cut, Period, Ref);
        {error, _} = Error -> exit(Error)
    end.

flap(Is, Cut, Period, Ref) ->
    goes_on(Period, Ref) orelse end_with(Is),
    case epmdpxy:remove(Is) of
        ok -> ok;
        {error, Why} -> exit({error, Why})
    end,
    goes_on(Period, Ref) orelse exit(normal),
    case Cut() of
        {ok, Again} ->
            flap(Again, Cut, Period, Ref);
        {error, Other} ->
            logger:warning("epmdpxy: the flapping ends: ~ts", [epmdpxy:format_error(Other)]),
            exit(normal)
    end.

-spec end_with(epmdpxy:cut()) -> no_return().
end_with(Is) ->
    _ = epmdpxy:remove(Is),
    exit(normal).

goes_on(Period, Ref) ->
    receive
        stop -> false;
        {'DOWN', Ref, process, _, _} -> false
    after Period ->
        true
    end.
