------------------------------- MODULE CutOver -------------------------------
(***************************************************************************)
(* A write set changes its owner, and goes back, while callers write.      *)
(*                                                                         *)
(* Two databases, "A" and "B"; replication runs from A to B, and from B to *)
(* A once it has been prepared. Callers write through the gate (the        *)
(* proxy), which knows the owner and can hold them; a cron job writes past *)
(* it. A cut-over is a process that may die, lose its lock without         *)
(* noticing, and be run again; its journal outlives it.                    *)
(*                                                                         *)
(* Code: cutover/machine.ts (the steps), cutover/cutover.ts (Recover),     *)
(* cutover/fence.ts, cutover/journal.ts, strangler-proxy fence/fences.ts.  *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS Writes, Processes, Runs, Faults, Mutant

VARIABLES gate, fence, slot, data, flow, times, write, journal, proc, lock, epoch, owned, faults, expired

vars == <<gate, fence, slot, data, flow, times, write, journal, proc, lock, epoch, owned, faults, expired>>

Sides == {"A", "B"}
Other(s) == IF s = "A" THEN "B" ELSE "A"
None == "none"
Idle == [pc |-> "idle", run |-> 0, new |-> "B", hold |-> 0, maybe |-> FALSE, epoch |-> 0]

Init ==
  /\ gate = [owner |-> "A", hold |-> 0, of |-> 0, count |-> 0]
  /\ fence = [s \in Sides |-> FALSE]
  /\ slot = [s \in Sides |-> s = "A"]
  /\ data = [s \in Sides |-> {}]
  /\ flow = [s \in Sides |-> <<>>]
  /\ times = [s \in Sides |-> [w \in Writes |-> 0]]
  /\ write = [w \in Writes |-> "new"]
  /\ journal = [run |-> 0, state |-> "closed", new |-> "B"]
  /\ proc = [x \in Processes |-> Idle]
  /\ lock = None /\ epoch = 0
  /\ owned = {"A"}
  /\ faults = 0 /\ expired = FALSE

-----------------------------------------------------------------------------
(* Callers, the cron job, replication *)
At(s) == IF s = "A" THEN "sent to A" ELSE "sent to B"
(* Their proxy has died; the application goes on with them. *)
Stray(s) == IF s = "A" THEN "stray at A" ELSE "stray at B"

Arrive(w) ==
  /\ write[w] = "new"
  /\ write' = [write EXCEPT ![w] = IF gate.hold /= 0 THEN "held" ELSE At(gate.owner)]
  /\ UNCHANGED <<epoch, gate, fence, slot, data, flow, times, journal, proc, lock, owned, faults, expired>>

(* On the new side, between the lift of its fence and the flip: the gap that docs/limits.md admits. *)
PastTheGate(s) == IF s = gate.owner THEN "done" ELSE "done in the gap"

CommitOn(w, s) ==
  /\ data' = [data EXCEPT ![s] = @ \cup {w}]
  /\ times' = [times EXCEPT ![s][w] = @ + 1]
  /\ flow' = IF slot[s] THEN [flow EXCEPT ![s] = Append(@, w)] ELSE flow

Execute(w) == \E s \in Sides:
  /\ write[w] \in {At(s), Stray(s)}
  /\ IF fence[s]
     THEN write' = [write EXCEPT ![w] = "refused"] /\ UNCHANGED <<data, flow, times>>
     ELSE write' = [write EXCEPT ![w] = IF @ = At(s) THEN "done" ELSE PastTheGate(s)] /\ CommitOn(w, s)
  /\ UNCHANGED <<epoch, gate, fence, slot, journal, proc, lock, owned, faults, expired>>

Cron(w) == \E s \in owned:
  /\ write[w] = "new" /\ (~fence[s] \/ Mutant = "no-fence")
  /\ write' = [write EXCEPT ![w] = PastTheGate(s)] /\ CommitOn(w, s)
  /\ UNCHANGED <<epoch, gate, fence, slot, journal, proc, lock, owned, faults, expired>>

(* Rows that replication wrote carry its origin and are not sent back. *)
Replicate(s) ==
  /\ flow[s] /= <<>>
  /\ LET w == Head(flow[s])
         echo == Mutant = "no-origin" /\ slot[Other(s)]
     IN /\ data' = [data EXCEPT ![Other(s)] = @ \cup {w}]
        /\ times' = [times EXCEPT ![Other(s)][w] = @ + 1]
        /\ flow' = IF echo THEN [flow EXCEPT ![s] = Tail(@), ![Other(s)] = Append(@, w)] ELSE [flow EXCEPT ![s] = Tail(@)]
  /\ UNCHANGED <<epoch, gate, fence, slot, write, journal, proc, lock, owned, faults, expired>>

-----------------------------------------------------------------------------
(* The gate *)
LetGo(owner) == write' = [w \in Writes |-> IF write[w] = "held" THEN At(owner) ELSE write[w]]

(* Its own deadline, whatever the process does. *)
Expire ==
  /\ gate.hold /= 0 /\ Mutant /= "hold-without-deadline"
  /\ gate' = [gate EXCEPT !.hold = 0]
  /\ LetGo(gate.owner)
  /\ expired' = TRUE
  /\ UNCHANGED <<epoch, fence, slot, data, flow, times, journal, proc, lock, owned, faults>>

(* The owner is on disk, the hold is not. *)
ProxyDies ==
  /\ faults < Faults /\ faults' = faults + 1
  /\ gate' = [gate EXCEPT !.hold = 0]
  /\ write' = [w \in Writes |-> CASE write[w] = "held" -> "refused" [] write[w] = At("A") -> Stray("A") [] write[w] = At("B") -> Stray("B") [] OTHER -> write[w]]
  /\ UNCHANGED <<epoch, fence, slot, data, flow, times, journal, proc, lock, owned, expired>>

-----------------------------------------------------------------------------
(* The process. `Go` moves it on; what a step leaves alone is said there. *)
Old(x) == Other(proc[x].new)
New(x) == proc[x].new
Step(x, from, to) == proc[x].pc = from /\ proc' = [proc EXCEPT ![x].pc = to]
NoData == UNCHANGED <<data, flow, times>>

Start(x) ==
  /\ proc[x].pc = "idle" /\ lock = None /\ journal.state = "closed" /\ journal.run < Runs
  /\ ~fence[gate.owner]
  /\ lock' = x /\ epoch' = epoch + 1
  /\ journal' = [run |-> journal.run + 1, state |-> "started", new |-> Other(gate.owner)]
  /\ proc' = [proc EXCEPT ![x] = [pc |-> "prepare", run |-> journal.run + 1, new |-> Other(gate.owner), hold |-> 0, maybe |-> FALSE, epoch |-> epoch + 1]]
  /\ UNCHANGED <<gate, fence, slot, data, flow, times, write, owned, faults, expired>>

(* The same command again, after its process died: back before the flip was asked for, forward after it. *)
Recover(x) ==
  /\ proc[x].pc = "idle" /\ lock = None /\ journal.state /= "closed"
  /\ lock' = x /\ epoch' = epoch + 1
  /\ LET forward == journal.state = "committing" /\ Mutant /= "undone-after-the-flip"
     IN proc' = [proc EXCEPT ![x] = [pc |-> IF forward THEN "again-fence" ELSE "undo-fence", run |-> journal.run, new |-> journal.new,
                                     hold |-> IF gate.of = journal.run THEN gate.hold ELSE 0, maybe |-> forward, epoch |-> epoch + 1]]
  /\ UNCHANGED <<gate, fence, slot, data, flow, times, write, journal, owned, faults, expired>>

(* Another process may be at work by now: asked before the flip and before an undo. *)
Ours(x) == lock \in {x, None} /\ journal.run = proc[x].run /\ journal.state /= "closed" /\ (proc[x].epoch = epoch \/ Mutant = "no-epoch")

(* Each process takes the next epoch in both databases before it does anything; a fence is moved only together with the proof that the epoch is still its own. *)
Move(x, from, to, side, value) ==
  /\ proc[x].pc = from
  /\ IF proc[x].epoch = epoch \/ Mutant = "no-epoch"
     THEN fence' = [fence EXCEPT ![side] = value] /\ proc' = [proc EXCEPT ![x].pc = to] /\ UNCHANGED lock
     ELSE proc' = [proc EXCEPT ![x] = Idle] /\ lock' = (IF lock = x THEN None ELSE lock) /\ UNCHANGED fence
  /\ UNCHANGED <<epoch, gate, slot, write, journal, owned, faults, expired>> /\ NoData
RaiseNew(x, from, to) == Move(x, from, to, New(x), TRUE)
RaiseOld(x, from, to) == Move(x, from, to, Old(x), TRUE)
LiftOld(x, from, to)  == Move(x, from, to, Old(x), FALSE)
LiftNew(x, from, to)  == Move(x, from, to, New(x), FALSE)

Prepare(x) == Step(x, "slot", "hold") /\ slot' = [slot EXCEPT ![New(x)] = TRUE] /\ UNCHANGED <<epoch, gate, fence, write, journal, lock, owned, faults, expired>> /\ NoData

Hold(x, from, to) ==
  /\ proc[x].pc = from /\ gate.hold = 0 /\ gate.count < Runs + 2
  /\ gate' = [gate EXCEPT !.hold = gate.count + 1, !.of = proc[x].run, !.count = @ + 1]
  /\ proc' = [proc EXCEPT ![x].pc = to, ![x].hold = gate.count + 1]
  /\ UNCHANGED <<epoch, fence, slot, write, journal, lock, owned, faults, expired>> /\ NoData

(* The gate answers once the writes under way have ended. *)
Closed(x, from, to) ==
  /\ Step(x, from, to) /\ \A w \in Writes: write[w] \notin {"sent to A", "sent to B"}
  /\ UNCHANGED <<epoch, gate, fence, slot, write, journal, lock, owned, faults, expired>> /\ NoData

Drain(x) ==
  /\ Step(x, "drain", "lift") /\ (flow[Old(x)] = <<>> \/ Mutant = "flip-before-drained")
  /\ UNCHANGED <<epoch, gate, fence, slot, write, journal, lock, owned, faults, expired>> /\ NoData

Committing(x) ==
  /\ proc[x].pc = "commit"
  /\ IF Ours(x) \/ proc[x].maybe
     THEN /\ journal' = [journal EXCEPT !.state = "committing"]
          /\ proc' = [proc EXCEPT ![x].pc = "flip"]
          /\ lock' = IF lock = None THEN x ELSE lock
     ELSE proc' = [proc EXCEPT ![x] = Idle] /\ UNCHANGED <<journal, lock>>
  /\ UNCHANGED <<epoch, gate, fence, slot, write, owned, faults, expired>> /\ NoData

HoldLives(x) == gate.hold /= 0 /\ gate.hold = proc[x].hold
Flipped(x) == /\ gate' = [gate EXCEPT !.owner = New(x), !.hold = 0]
              /\ owned' = owned \cup {New(x)}
              /\ LetGo(New(x))

Flip(x) ==
  /\ proc[x].pc = "flip" /\ HoldLives(x)
  /\ Flipped(x)
  /\ proc' = [proc EXCEPT ![x].pc = "close"]
  /\ UNCHANGED <<epoch, fence, slot, journal, lock, faults, expired>> /\ NoData

(* It happens, or not, and nobody hears of it. *)
FlipUnanswered(x) ==
  /\ proc[x].pc = "flip" /\ faults < Faults /\ faults' = faults + 1
  /\ \/ HoldLives(x) /\ Flipped(x)
     \/ UNCHANGED <<gate, owned, write>>
  /\ proc' = [proc EXCEPT ![x].maybe = Mutant /= "silence-is-refusal", ![x].pc = IF Mutant = "silence-is-refusal" THEN "undo" ELSE "flip"]
  /\ UNCHANGED <<epoch, fence, slot, journal, lock, expired>> /\ NoData

(* A refusal is believed unless an earlier asking may have succeeded, by this process or by one that has taken its run over meanwhile; then the journal stays as  *)
(* it is, and the next run finishes. An entry after `closed` counts for nothing.                                                                                *)
FlipRefused(x) ==
  /\ proc[x].pc = "flip" /\ ~HoldLives(x)
  /\ IF proc[x].maybe \/ journal.run /= proc[x].run \/ journal.state = "closed" \/ (proc[x].epoch /= epoch /\ Mutant /= "refusal-of-a-stranger")
     THEN proc' = [proc EXCEPT ![x] = Idle] /\ lock' = (IF lock = x THEN None ELSE lock) /\ UNCHANGED journal
     ELSE proc' = [proc EXCEPT ![x].pc = "undo"] /\ journal' = [journal EXCEPT !.state = "refused"] /\ UNCHANGED lock
  /\ UNCHANGED <<epoch, gate, fence, slot, write, owned, faults, expired>> /\ NoData

Close(x, from) ==
  /\ proc[x].pc = from
  /\ journal' = [journal EXCEPT !.state = "closed"]
  /\ lock' = IF lock = x THEN None ELSE lock
  /\ proc' = [proc EXCEPT ![x] = Idle]
  /\ UNCHANGED <<epoch, gate, fence, slot, write, owned, faults, expired>> /\ NoData

(* Undo: the new side is fenced before the old one is opened, and callers are let go last. *)
Reversible == {"prepare", "slot", "hold", "close the gate", "fence", "drain", "lift", "commit"}
Fails(x) ==
  /\ proc[x].pc \in Reversible /\ ~proc[x].maybe
  /\ proc' = [proc EXCEPT ![x].pc = "undo"]
  /\ UNCHANGED <<epoch, gate, fence, slot, write, journal, lock, owned, faults, expired>> /\ NoData

Undo(x) ==
  /\ proc[x].pc = "undo"
  /\ IF Ours(x)
     THEN proc' = [proc EXCEPT ![x].pc = IF Mutant = "opened-before-fenced" THEN "undo-lift" ELSE "undo-fence"] /\ lock' = x
     ELSE proc' = [proc EXCEPT ![x] = Idle] /\ UNCHANGED lock
  /\ UNCHANGED <<epoch, gate, fence, slot, write, journal, owned, faults, expired>> /\ NoData

Release(x) ==
  /\ proc[x].pc = "undo-release"
  /\ IF HoldLives(x) THEN gate' = [gate EXCEPT !.hold = 0] /\ LetGo(gate.owner) ELSE UNCHANGED <<gate, write>>
  /\ proc' = [proc EXCEPT ![x].pc = "undone"]
  /\ UNCHANGED <<epoch, fence, slot, journal, lock, owned, faults, expired>> /\ NoData

Dies(x) ==
  /\ proc[x].pc /= "idle" /\ faults < Faults /\ faults' = faults + 1
  /\ proc' = [proc EXCEPT ![x] = Idle]
  /\ lock' = IF lock = x THEN None ELSE lock
  /\ UNCHANGED <<epoch, gate, fence, slot, write, journal, owned, expired>> /\ NoData

(* Its connection is cut, and it goes on. *)
LosesLock(x) ==
  /\ lock = x /\ faults < Faults /\ faults' = faults + 1
  /\ lock' = None
  /\ UNCHANGED <<epoch, gate, fence, slot, write, journal, proc, owned, expired>> /\ NoData

Works(x) ==
  \/ Start(x) \/ Recover(x)
  \/ RaiseNew(x, "prepare", "slot") \/ Prepare(x) \/ Hold(x, "hold", "close the gate") \/ Closed(x, "close the gate", "fence")
  \/ RaiseOld(x, "fence", "drain") \/ Drain(x) \/ LiftNew(x, "lift", "commit")
  \/ Committing(x) \/ Flip(x) \/ FlipRefused(x) \/ Close(x, "close")
  \/ Undo(x)
  \/ RaiseNew(x, "undo-fence", IF Mutant = "opened-before-fenced" THEN "undo-release" ELSE "undo-lift")
  \/ LiftOld(x, "undo-lift", IF Mutant = "opened-before-fenced" THEN "undo-fence" ELSE "undo-release")
  \/ Release(x) \/ Close(x, "undone")
  \/ RaiseOld(x, "again-fence", "again-lift") \/ LiftNew(x, "again-lift", "again-hold") \/ Hold(x, "again-hold", "again-close") \/ Closed(x, "again-close", "commit")

Next ==
  \/ \E w \in Writes: Arrive(w) \/ Execute(w) \/ Cron(w)
  \/ \E s \in Sides: Replicate(s)
  \/ Expire \/ ProxyDies
  \/ \E x \in Processes: Works(x) \/ Fails(x) \/ FlipUnanswered(x) \/ Dies(x) \/ LosesLock(x)

Spec == Init /\ [][Next]_vars
        /\ WF_vars(Expire) /\ \A w \in Writes: WF_vars(Execute(w))

-----------------------------------------------------------------------------
(* From the first cut-over on, at most one database takes writes from anybody but replication. *)
OneOwner == slot["B"] => (fence["A"] \/ fence["B"])
(* Whoever owns the tables has every write that was answered; one from the gap, where the flip was then refused, is on its way there. *)
NoLoss == \A w \in Writes:
  /\ write[w] = "done" => w \in data[gate.owner]
  /\ write[w] = "done in the gap" => w \in data[gate.owner] \/ \E i \in 1..Len(flow[Other(gate.owner)]): flow[Other(gate.owner)][i] = w
(* A run that is over leaves the tables open where the gate sends writes. *)
OwnerOpen == (journal.state = "closed" /\ lock = None) => ~fence[gate.owner]
(* A replicated write is not sent back. *)
NoEcho == \A s \in Sides, w \in Writes: times[s][w] <= 1
(* With all replicated both sides are equal: the way back is open. *)
SidesMeet == (slot["B"] /\ flow["A"] = <<>> /\ flow["B"] = <<>>) => data["A"] = data["B"]
(* Nobody is held by nothing; and where nothing failed and no deadline passed, nobody is refused. *)
HeldByAHold == \A w \in Writes: write[w] = "held" => gate.hold /= 0
NoneRefused == (faults = 0 /\ ~expired) => \A w \in Writes: write[w] /= "refused"
(* In time: every held write is let go. *)
HeldWritesAnswered == \A w \in Writes: (write[w] = "held") ~> (write[w] \in {"done", "done in the gap", "refused"})
=============================================================================
