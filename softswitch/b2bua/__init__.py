"""The back-to-back user agent: one call joins two legs, each a dialog of our own.

The file that knows the whole call is where switches rot, so this one is cut by verb: a new feature
is a new file beside these.

    calls          finds the call of whatever comes in, and hands it to a verb
    arrival        INVITE of a user or a trunk (inbound): caller's leg, routing, media, then
    onward         what routing decides, now and when whoever was tried does not take the call
      hunt         ring all devices of a user until one answers (redirection: 3xx)
      outside      ring a number through one trunk after the other (login: passwords)
      turn         what both have in common     invitation   what is sent
      ringing      18x and early media towards the caller
      answering    the first 2xx wins and its answer crosses
      strays       every other 2xx: ACK and BYE
      confirming   who answered has to press 1 first
    service        a call that the switch itself answers: an application instead of a device
      line         what it may do with the call, and is told (performing: sounds and recordings)
      serving      what the caller may say in it: keys, hold, other codecs
      echo         the simplest application
      announcing   words for callers from outside, before a refusal
    handover       somebody is rung for the caller of a service, and joined with him
    accepted       our 2xx, repeated until its ACK
    midcall        requests within dialogs: who may, and where to
      staying      re-INVITE and UPDATE that concern one leg only: hold, resume, refresh
      reinvite     re-INVITE and UPDATE that cross (reoffer remembers)
      info         INFO crosses
    ending         refusal, CANCEL, BYE; the one way out

    hold           music, and who hears whom
    call, leg      what is remembered       crossing   the one list of header fields that cross
    identity       who calls, and who may know      presentation, number_format, diversion
                                                    what a trunk is told of it
    switchboard    the parts around it      cdr, path  the record at the end

Messages come in through `calls` and timers of the user agent; nothing here waits, and no call has a
task. Time, tokens, ports and sockets belong to others.
"""
