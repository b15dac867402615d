------------------------------- MODULE Apply -------------------------------
(***************************************************************************)
(* From the source's WAL through the change log into the target.           *)
(*                                                                         *)
(*   source --slot--> reader --append, fsync--> log --> sink --> target    *)
(*                                                                         *)
(* A source transaction is its place in the commit order: 1, 2, ... What   *)
(* it writes does not matter here, only whether, how often and in which    *)
(* order it is applied. Code: capture/wal.ts (Receive, Confirm),           *)
(* log/embedded-log.ts (Append, Sync), apply/session.ts (TakeLock),        *)
(* apply/applier.ts (Open, Send, Commit).                                  *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS Transactions,  \* how many the source commits
          Crashes,       \* how many times something may be killed
          Sinks,         \* processes that may try to apply
          Mutant         \* "none", or the name of one safeguard that is left out

VARIABLES
  committed,   \* number of transactions committed at the source
  slot,        \* the source sends again from here after a reconnect, and never from before it
  sent,        \* position of the current connection
  log,         \* transactions in the files of the log, in order
  synced,      \* how many of them survive a power cut
  lockedBy,    \* the session that holds the target's advisory lock
  sink,        \* per sink: where it believes to be, and with which epoch
  flying,      \* commits that were sent to the target and not yet carried out: they outlive their sender
  target,      \* checkpoint row: lsn, place in the log, epoch
  applied,     \* history: what the target applied, in order
  crashes

vars == <<committed, slot, sent, log, synced, lockedBy, sink, flying, target, applied, crashes>>

Nobody == "nobody"
Down   == [up |-> FALSE, epoch |-> 0, lsn |-> 0, place |-> 0]
Newest == IF log = <<>> THEN 0 ELSE log[Len(log)]
Least(a, b) == IF a < b THEN a ELSE b

Init ==
  /\ committed = 0 /\ slot = 0 /\ sent = 0
  /\ log = <<>> /\ synced = 0
  /\ lockedBy = Nobody
  /\ sink = [s \in Sinks |-> Down]
  /\ flying = {}
  /\ target = [lsn |-> 0, place |-> 0, epoch |-> 0]
  /\ applied = <<>>
  /\ crashes = 0

SourceCommits ==
  /\ committed < Transactions
  /\ committed' = committed + 1
  /\ UNCHANGED <<slot, sent, log, synced, lockedBy, sink, flying, target, applied, crashes>>

(* The log passes over what it has already: after a reconnect the source repeats itself. *)
Receive ==
  /\ sent < committed
  /\ sent' = sent + 1
  /\ log' = IF sent + 1 > Newest \/ Mutant = "repeats-are-appended" THEN Append(log, sent + 1) ELSE log
  /\ Len(log') <= Transactions + 2
  /\ UNCHANGED <<committed, slot, synced, lockedBy, sink, flying, target, applied, crashes>>

Sync ==
  /\ synced < Len(log)
  /\ synced' = Len(log)
  /\ UNCHANGED <<committed, slot, sent, log, lockedBy, sink, flying, target, applied, crashes>>

Durable == IF Mutant = "confirmed-before-fsync" THEN Newest ELSE IF synced = 0 THEN 0 ELSE log[synced]

Confirm ==
  /\ slot < Durable
  /\ slot' = Durable
  /\ UNCHANGED <<committed, sent, log, synced, lockedBy, sink, flying, target, applied, crashes>>

(* A reader is killed, or the machine loses power: any part of what was not synced may be gone, and the source begins again at the slot. *)
ReaderCrashes ==
  /\ crashes < Crashes
  /\ crashes' = crashes + 1
  /\ \E kept \in synced..Len(log): log' = SubSeq(log, 1, kept)
  /\ sent' = slot
  /\ UNCHANGED <<committed, slot, synced, lockedBy, sink, flying, target, applied>>

(* Takes the lock, then the next epoch, then reads the checkpoint; nobody else can change it in between with the old epoch. *)
Open(s) ==
  /\ ~sink[s].up
  /\ lockedBy = Nobody
  /\ lockedBy' = s
  /\ LET epoch == IF Mutant = "no-epoch" THEN target.epoch ELSE target.epoch + 1
     IN /\ target' = [target EXCEPT !.epoch = epoch]
        /\ sink' = [sink EXCEPT ![s] = [up |-> TRUE, epoch |-> epoch, lsn |-> target.lsn, place |-> target.place]]
  /\ UNCHANGED <<committed, slot, sent, log, synced, flying, applied, crashes>>

(* What a sink applies next: only what is durable in the log. *)
Ready(s) ==
  IF Mutant = "repeats-are-appended"
  THEN [i \in 1..(synced - Least(synced, sink[s].place)) |-> log[sink[s].place + i]]
  ELSE SelectSeq(SubSeq(log, 1, synced), LAMBDA t: t > sink[s].lsn)

Sending(s) == \E f \in flying: f.by = s /\ f.epoch = sink[s].epoch

Send(s) ==
  /\ sink[s].up /\ ~Sending(s)
  /\ Ready(s) /= <<>>
  /\ \E n \in 1..Len(Ready(s)):
       flying' = flying \cup {[by |-> s, epoch |-> sink[s].epoch, batch |-> SubSeq(Ready(s), 1, n), place |-> sink[s].place + n, rows |-> FALSE]}
  /\ UNCHANGED <<committed, slot, sent, log, synced, lockedBy, sink, target, applied, crashes>>

(* The server carries it out: fence, rows and checkpoint, all or nothing; whether its sender still lives or not. *)
Commit(f) ==
  LET last == f.batch[Len(f.batch)]
      fenced == f.epoch /= target.epoch /\ Mutant /= "no-epoch"
      listens == sink[f.by].up /\ sink[f.by].epoch = f.epoch
      told == [sink EXCEPT ![f.by] = IF ~listens THEN @ ELSE IF fenced THEN Down ELSE [@ EXCEPT !.lsn = last, !.place = f.place]]
  IN /\ Mutant /= "checkpoint-apart" \/ f.rows
     /\ flying' = flying \ {f}
     /\ sink' = told
     /\ lockedBy' = IF fenced /\ listens /\ lockedBy = f.by THEN Nobody ELSE lockedBy
     /\ target' = IF fenced THEN target ELSE [target EXCEPT !.lsn = last, !.place = f.place]
     /\ applied' = IF fenced \/ f.rows THEN applied ELSE applied \o f.batch
     /\ UNCHANGED <<committed, slot, sent, log, synced, crashes>>

(* Only the mutant: rows are committed first, and the checkpoint in a transaction of its own. *)
CommitRowsOnly(f) ==
  /\ Mutant = "checkpoint-apart" /\ ~f.rows
  /\ applied' = applied \o f.batch
  /\ flying' = (flying \ {f}) \cup {[f EXCEPT !.rows = TRUE]}
  /\ UNCHANGED <<committed, slot, sent, log, synced, lockedBy, sink, target, crashes>>

(* The target's server is killed: what was under way is rolled back, sessions and lock are gone. The sink may not know. *)
Abort(f) ==
  /\ crashes < Crashes
  /\ crashes' = crashes + 1
  /\ flying' = flying \ {f}
  /\ lockedBy' = Nobody
  /\ sink' = [sink EXCEPT ![f.by] = Down]
  /\ UNCHANGED <<committed, slot, sent, log, synced, target, applied>>

SinkCrashes(s) ==
  /\ crashes < Crashes /\ sink[s].up
  /\ crashes' = crashes + 1
  /\ sink' = [sink EXCEPT ![s] = Down]
  /\ lockedBy' = IF lockedBy = s THEN Nobody ELSE lockedBy
  /\ UNCHANGED <<committed, slot, sent, log, synced, flying, target, applied>>

(* A stopped process or a cut network: the server gives the lock away, and the sink goes on when it wakes. *)
LosesLock(s) ==
  /\ crashes < Crashes /\ lockedBy = s
  /\ crashes' = crashes + 1
  /\ lockedBy' = Nobody
  /\ UNCHANGED <<committed, slot, sent, log, synced, sink, flying, target, applied>>

Next ==
  \/ SourceCommits \/ Receive \/ Sync \/ Confirm \/ ReaderCrashes
  \/ \E s \in Sinks: Open(s) \/ Send(s) \/ SinkCrashes(s) \/ LosesLock(s)
  \/ \E f \in flying: Commit(f) \/ CommitRowsOnly(f) \/ Abort(f)

Spec == Init /\ [][Next]_vars /\ WF_vars(SourceCommits) /\ WF_vars(Receive) /\ WF_vars(Sync) /\ WF_vars(Confirm)
        /\ WF_vars(\E s \in Sinks: Open(s)) /\ WF_vars(\E s \in Sinks: Send(s)) /\ WF_vars(\E f \in flying: Commit(f))

-----------------------------------------------------------------------------
Times(t) == Cardinality({i \in 1..Len(applied): applied[i] = t})

(* What the source will never send again is durable here. *)
NoLoss == slot <= (IF synced = 0 THEN 0 ELSE log[synced])
(* Up to the checkpoint everything has been applied ... *)
NoGap == \A t \in 1..target.lsn: Times(t) >= 1
(* ... and nothing more than once. *)
NoDouble == \A t \in 1..committed: Times(t) <= 1
(* In the order of commits, so in the order of every key. *)
KeyOrder == \A i \in 1..(Len(applied) - 1): applied[i] < applied[i + 1]
(* The target is never ahead of what is durable: a restart finds the log it was fed from. *)
TargetBehindLog == target.lsn <= (IF synced = 0 THEN 0 ELSE log[synced])
(* Nobody has to help: in the end everything is applied. *)
CaughtUp == <>(target.lsn = Transactions)
=============================================================================
