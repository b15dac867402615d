------------------------------ MODULE Snapshot ------------------------------
(***************************************************************************)
(* The first copy and its hand-over to the stream, and a table that is     *)
(* added while the stream runs.                                            *)
(*                                                                         *)
(* The source's history is a sequence of changes (key, value); value 0 is  *)
(* a deleted row. A change is in the WAL first and visible to new          *)
(* snapshots a moment later: PostgreSQL writes the commit record before it *)
(* takes the transaction off the list of running ones. So what a query     *)
(* sees is a set of changes, not a position.                               *)
(*                                                                         *)
(* Code: replicate/begin.ts and capture/snapshot.ts (Kind = "exported"):   *)
(* the slot is created with an exported snapshot, which is the state at    *)
(* the slot's consistent point; the stream starts there. Kind = "chunks":  *)
(* rows are read by key while the stream goes on, and each streamed        *)
(* transaction is tested against the snapshot the chunk was read with      *)
(* (pg_current_snapshot, pg_visible_in_snapshot).                          *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS Keys, Changes, Crashes, Kind, Mutant

VARIABLES
  wal,       \* changes in the order of their commit
  visible,   \* which of them new snapshots see
  phase,     \* "none", "copying", "streaming"
  start,     \* where the stream begins (the slot's consistent point)
  frozen,    \* the exported snapshot: what it sees
  done,      \* keys that were copied
  read,      \* chunks: the row that was read and not yet applied, with what its snapshot saw
  snaps,     \* chunks: per copied key what its snapshot saw
  at,        \* stream position
  rows,      \* the target
  next,      \* the source's next value: each is written once
  crashes

vars == <<wal, visible, phase, start, frozen, done, read, snaps, at, rows, next, crashes>>

Max(s) == CHOOSE x \in s: \A y \in s: y <= x
(* The row of a key as a snapshot sees it that sees the changes of `seen`. *)
Row(k, seen) == LET own == {i \in seen: wal[i].key = k} IN IF own = {} THEN 0 ELSE wal[Max(own)].value
NoRead == [key |-> 0, value |-> 0, seen |-> {}, from |-> 0]

Init ==
  /\ wal = <<>> /\ visible = {} /\ phase = "none" /\ start = 0 /\ frozen = {}
  /\ done = {} /\ read = NoRead /\ snaps = [k \in Keys |-> {}]
  /\ at = 0 /\ rows = [k \in Keys |-> 0] /\ next = 1 /\ crashes = 0

(* A row's lock is held until its change is visible, so two changes of one key are never invisible together. *)
Changed(k) == \A i \in 1..Len(wal): wal[i].key = k => i \in visible
SourceWrites(k, gone) ==
  /\ Len(wal) < Changes /\ Changed(k)
  /\ wal' = Append(wal, [key |-> k, value |-> IF gone THEN 0 ELSE next])
  /\ next' = next + 1
  /\ UNCHANGED <<visible, phase, start, frozen, done, read, snaps, at, rows, crashes>>

BecomesVisible(i) ==
  /\ i \notin visible
  /\ visible' = visible \cup {i}
  /\ UNCHANGED <<wal, phase, start, frozen, done, read, snaps, at, rows, next, crashes>>

(* Begins anew, from nothing: whatever an earlier attempt copied is deleted first. *)
Begin ==
  /\ phase = "none"
  /\ phase' = "copying"
  /\ done' = {} /\ read' = NoRead /\ snaps' = [k \in Keys |-> {}]
  /\ rows' = IF Mutant = "half-a-copy-stays" THEN rows ELSE [k \in Keys |-> 0]
  /\ IF Kind = "exported"
     THEN (* Creating the slot waits until all that is in the WAL is visible: its snapshot is exactly the position. *)
          /\ Mutant = "snapshot-before-slot" \/ visible = 1..Len(wal)
          /\ start' = Len(wal)
          /\ frozen' = IF Mutant = "snapshot-before-slot" THEN visible ELSE 1..Len(wal)
     ELSE start' = Len(wal) /\ frozen' = {}
  /\ at' = Len(wal)
  /\ UNCHANGED <<wal, visible, next, crashes>>

-----------------------------------------------------------------------------
(* Kind = "exported" *)
CopyKey(k) ==
  /\ Kind = "exported" /\ phase = "copying" /\ k \notin done
  /\ rows' = [rows EXCEPT ![k] = IF Row(k, IF Mutant = "copy-reads-now" THEN visible ELSE frozen) /= 0 THEN Row(k, IF Mutant = "copy-reads-now" THEN visible ELSE frozen) ELSE @]
  /\ done' = done \cup {k}
  /\ phase' = IF done' = Keys THEN "streaming" ELSE phase
  /\ UNCHANGED <<wal, visible, start, frozen, read, snaps, at, next, crashes>>

StreamAfterCopy ==
  /\ Kind = "exported" /\ phase = "streaming" /\ at < Len(wal)
  /\ at' = at + 1
  /\ rows' = [rows EXCEPT ![wal[at + 1].key] = wal[at + 1].value]
  /\ UNCHANGED <<wal, visible, phase, start, frozen, done, read, snaps, next, crashes>>

-----------------------------------------------------------------------------
(* Kind = "chunks". `from` is the stream position when the chunk was asked for. The table is in the publication since `start`; what was written before is not   *)
(* streamed, so the first chunk waits until all of that is visible.                                                                                         *)
ReadChunk(k) ==
  /\ Kind = "chunks" /\ phase = "copying" /\ k \notin done /\ read = NoRead
  /\ 1..start \subseteq visible \/ Mutant = "chunk-while-older-ones-run"
  /\ read' = [key |-> k, value |-> Row(k, visible), seen |-> visible, from |-> at]
  /\ UNCHANGED <<wal, visible, phase, start, frozen, done, snaps, at, rows, next, crashes>>

(* Streamed already, and not seen by the chunk's snapshot: it is newer than the chunk, however early it was streamed. *)
Newer == {i \in (start + 1)..at: wal[i].key = read.key /\
            IF Mutant = "watermarks-by-position" THEN i > read.from ELSE i \notin read.seen}

ApplyChunk ==
  /\ Kind = "chunks" /\ phase = "copying" /\ read /= NoRead
  /\ rows' = [rows EXCEPT ![read.key] = IF Newer /= {} THEN wal[Max(Newer)].value ELSE read.value]
  /\ done' = done \cup {read.key}
  /\ snaps' = [snaps EXCEPT ![read.key] = read.seen]
  /\ read' = NoRead
  /\ phase' = IF done' = Keys THEN "streaming" ELSE phase
  /\ UNCHANGED <<wal, visible, start, frozen, at, next, crashes>>

(* Before a key is copied its changes pass by; afterwards those the chunk has seen pass by. *)
StreamMeanwhile ==
  /\ Kind = "chunks" /\ phase \in {"copying", "streaming"} /\ at < Len(wal)
  /\ at' = at + 1
  /\ LET change == wal[at + 1]
         known == at + 1 \in snaps[change.key] /\ Mutant /= "seen-changes-applied-again"
     IN rows' = IF change.key \in done /\ ~known THEN [rows EXCEPT ![change.key] = change.value] ELSE rows
  /\ UNCHANGED <<wal, visible, phase, start, frozen, done, read, snaps, next, crashes>>

-----------------------------------------------------------------------------
(* Killed while it copies: the exporting session is gone, and with it the snapshot. *)
Crash ==
  /\ crashes < Crashes /\ phase = "copying"
  /\ crashes' = crashes + 1
  /\ phase' = "none"
  /\ UNCHANGED <<wal, visible, start, frozen, done, read, snaps, at, rows, next>>

Next ==
  \/ \E k \in Keys: SourceWrites(k, TRUE) \/ SourceWrites(k, FALSE) \/ CopyKey(k) \/ ReadChunk(k)
  \/ \E i \in 1..Len(wal): BecomesVisible(i)
  \/ Begin \/ StreamAfterCopy \/ ApplyChunk \/ StreamMeanwhile \/ Crash

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* With all streamed, the target is the source: nothing lost, nothing too much. *)
NoLoss == (phase = "streaming" /\ at = Len(wal)) => \A k \in Keys: rows[k] = Row(k, 1..Len(wal))
(* From the hand-over on the target is the source as of the stream's position; chunks may be ahead of it, key by key, never behind. *)
HandOver == phase = "streaming" =>
  \A k \in Keys: rows[k] = Row(k, (1..at) \cup IF Kind = "chunks" THEN snaps[k] ELSE {})
=============================================================================
