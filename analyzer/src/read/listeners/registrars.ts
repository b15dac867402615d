import type { Type } from '../link/type.ts';
import type { CallExpr, Expr } from '../parse/facts.ts';

/** A call that hands a function over to be run later: when its time comes (a job), or when something with its name happens (an event). */
export interface Registrar {
  readonly method: 'JOB' | 'EVENT';
  /** What names it; undefined where the library knows no names. */
  readonly name?: Expr;
  /** The thing it is registered on, where that has a name too: `mails.process('welcome', send)`. */
  readonly on?: Expr;
  readonly handlers: readonly Expr[];
  /** A name that is not known says nothing about whether it is one: it is listed. */
  readonly certain: boolean;
}

type Args = readonly Expr[];
type Read = (args: Args, receiver: Expr | undefined) => Registrar | undefined;

const last = (args: Args): Expr[] => args.slice(-1);
const member = (expr: Expr | undefined, names: readonly string[]): Expr | undefined => (expr?.kind === 'object' ? expr.properties.find(({ name }) => name !== undefined && names.includes(name))?.value : undefined);
const job = (handlers: readonly (Expr | undefined)[], name?: Expr, on?: Expr): Registrar | undefined => {
  const known = handlers.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : { method: 'JOB', handlers: known, certain: true, ...(name === undefined ? {} : { name }), ...(on === undefined ? {} : { on }) };
};
const event = (name: Expr | undefined, handlers: readonly (Expr | undefined)[]): Registrar | undefined => {
  const known = handlers.filter((one) => one !== undefined);
  return name === undefined ? undefined : { method: 'EVENT', name, handlers: known, certain: true };
};

/** `name` first where there is more than a function. */
const namedFirst: Read = (args) => (args.length < 2 ? undefined : job(last(args), args[0]));
const scheduled: Read = (args) => job([args[1]?.kind === 'object' ? undefined : args[1] ?? member(args[0], ['onTick'])], member(args[2], ['name']));
const isWord = (expr: Expr | undefined): boolean => expr?.kind === 'text' || expr?.kind === 'member' || expr?.kind === 'name' || expr?.kind === 'template';
const processed: Read = (args, receiver) => (args.length === 0 ? undefined : job(last(args), args.length > 1 && isWord(args[0]) ? args[0] : undefined, receiver));

interface Library { readonly module: RegExp; readonly calls: Readonly<Record<string, Read>> }

/** By the package that offers the call. `new X` goes by X. */
const LIBRARIES: readonly Library[] = [
  { module: /^node-cron$/, calls: { schedule: scheduled } },
  { module: /^(?:cron|croner)$/, calls: { CronJob: scheduled, Cron: scheduled, from: (args) => job([member(args[0], ['onTick'])], member(args[0], ['name'])) } },
  { module: /^node-schedule$/, calls: { scheduleJob: (args) => job(last(args), args.length > 2 ? args[0] : undefined) } },
  { module: /^toad-scheduler$/, calls: { Task: namedFirst, AsyncTask: (args) => job([args[1]], args[0]) } },
  { module: /^(?:bull|bee-queue|kue)$/, calls: { process: processed } },
  { module: /^bullmq(?:-pro)?$|^@taskforcesh\/bullmq-pro$/, calls: { Worker: (args) => (args.length < 2 ? undefined : job([args[1]], args[0])) } },
  { module: /agenda$/, calls: { define: (args) => (args.length < 2 ? undefined : job(args.slice(1).filter(({ kind }) => kind !== 'object').slice(-1), args[0])) } },
  { module: /^pg-boss$/, calls: { work: namedFirst, subscribe: namedFirst } },
  { module: /^amqplib|^amqp-connection-manager$/, calls: { consume: (args) => event(args[0], args.slice(1, 2)) } },
  { module: /^sqs-consumer$/, calls: { create: (args) => event(member(args[0], ['queueUrl']), [member(args[0], ['handleMessage', 'handleMessageBatch'])]) } },
  // Which function takes the messages is said by `run`, elsewhere.
  { module: /^kafkajs$/, calls: { subscribe: (args) => event(member(args[0], ['topic', 'topics']), []) } },
  { module: /^(?:redis|ioredis|nats|mqtt)$/, calls: { subscribe: (args) => (args.length < 2 ? undefined : event(args[0], last(args))), pSubscribe: (args) => event(args[0], last(args)) } },
];

/** By the looks of the call, where the receiver's type is not known. */
const LOOKS: readonly { readonly receiver: RegExp; readonly calls: Readonly<Record<string, Read>> }[] = [
  { receiver: /cron$/i, calls: { schedule: scheduled } },
  { receiver: /./, calls: { scheduleJob: (args) => job(last(args), args.length > 2 ? args[0] : undefined) } },
  { receiver: /queue$/i, calls: { process: processed } },
  { receiver: /agenda$/i, calls: { define: (args) => (args.length < 2 ? undefined : job(last(args), args[0])) } },
  { receiver: /boss$/i, calls: { work: namedFirst } },
  { receiver: /channel$|^ch$/i, calls: { consume: (args) => (args.length < 2 ? undefined : event(args[0], args.slice(1, 2))) } },
];

const LISTENS = new Set(['on', 'once', 'addListener', 'prependListener', 'prependOnceListener']);
const EMITTERS = /^(?:node:)?events$|^eventemitter[23]$|^@nestjs\/event-emitter$|^(?:mitt|emittery|nanoevents|tiny-emitter|typed-emitter|tseep)$|^socket\.io$/;
const EMITTER_NAMES = /^(?:io|socket|ev)$|emitter$|event(?:s|bus|store|service|hub|manager|dispatcher)?$|bus$|pubsub$/i;
/** What the runtime's own streams, sockets and processes say about themselves: no entry points of the program. */
const LIFECYCLE = /^(?:error|close|end|data|finish|open|drain|timeout|readable|pipe|unpipe|pause|resume|exit|abort|aborted|request|response|upgrade|listening|connect|ready|reconnect(?:ing)?|session|secureConnect|lookup|uncaughtException|unhandledRejection|warning|beforeExit|SIG[A-Z0-9]+|newListener|removeListener)$/;

export const isLifecycle = (name: string): boolean => LIFECYCLE.test(name);

/** Methods by which something is registered or raised: a cheap first look. */
export const MAY_REGISTER: ReadonlySet<string> = new Set([...LIBRARIES, ...LOOKS].flatMap(({ calls }) => Object.keys(calls)).concat([...LISTENS]));

export const calleeName = ({ callee }: CallExpr): string => (callee.kind === 'member' || callee.kind === 'name' ? callee.name : '');

/** `this.mails` → `mails`; the last name of what a method is called on. */
export const lastName = (expr: Expr | undefined): string => {
  switch (expr?.kind) {
    case 'name': case 'member': return expr.name;
    case 'call': return lastName(expr.callee);
    case 'await': case 'cast': return lastName(expr.of);
    default: return '';
  }
};

export interface Callee { readonly type: Type | undefined; readonly receiver: Expr | undefined; readonly receiverType: Type | undefined; readonly emits: (type: Type) => boolean }

/** What a call registers; undefined for all other calls. */
export const registrarOf = (call: CallExpr, callee: Callee): Registrar | undefined => {
  const name = calleeName(call);
  const origin = callee.type?.kind === 'external' ? callee.type : undefined;
  const known = origin === undefined ? undefined : read(LIBRARIES.filter(({ module }) => module.test(origin.module)), origin.name.split('.').at(-1) ?? '', name, call, callee.receiver);
  if (known !== undefined) return known;
  return call.form === 'call' && LISTENS.has(name) ? listener(call, callee) : byLooks(call, callee);
};

const byLooks = (call: CallExpr, { type, receiver, receiverType }: Callee): Registrar | undefined => {
  const isForeign = type?.kind === 'external' || receiverType?.kind === 'external';
  if (isForeign || call.form === 'new' || receiver === undefined) return undefined;
  return read(LOOKS.filter((look) => look.receiver.test(lastName(receiver))), calleeName(call), calleeName(call), call, receiver);
};

const read = (rules: readonly { readonly calls: Readonly<Record<string, Read>> }[], made: string, name: string, { args, form }: CallExpr, receiver: Expr | undefined): Registrar | undefined => {
  for (const { calls } of rules) {
    const key = form === 'new' && Object.hasOwn(calls, made) ? made : name;
    const found = Object.hasOwn(calls, key) ? calls[key]?.(args, receiver) : undefined;
    if (found !== undefined && (form === 'new') === /^[A-Z]/.test(key)) return found;
  }
  return undefined;
};

const listener = ({ args: [name, handler] }: CallExpr, { receiver, receiverType, emits }: Callee): Registrar | undefined => {
  if (name === undefined || handler === undefined || !MAY_HANDLE.has(handler.kind)) return undefined;
  if (receiverType !== undefined) return isEmitter(receiverType, emits) ? event(name, [handler]) : undefined;
  return EMITTER_NAMES.test(lastName(receiver)) && isWord(name) ? { method: 'EVENT', name, handlers: [handler], certain: handler.kind === 'function' } : undefined;
};

const MAY_HANDLE: ReadonlySet<Expr['kind']> = new Set(['function', 'name', 'member', 'call']);

/** A package's emitter, or something of the project's own that is or acts like one. */
export const isEmitter = (type: Type, emits: (type: Type) => boolean): boolean => (type.kind === 'external' ? EMITTERS.test(type.module) : emits(type));

export const looksLikeEmitter = (receiver: Expr | undefined): boolean => EMITTER_NAMES.test(lastName(receiver)) && !/^(?:io|socket|ev)$/i.test(lastName(receiver));
