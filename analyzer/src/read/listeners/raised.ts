import type { Type } from '../link/type.ts';
import type { CallExpr, Expr } from '../parse/facts.ts';
import { calleeName, isEmitter, lastName, looksLikeEmitter, type Callee } from './registrars.ts';

/** A call by which something happens that others may listen to: an event raised, a message published, a job put into a queue. */
export interface Raise {
  readonly name: Expr;
  /** The queue a job is put into. */
  readonly on?: Expr;
  /** Named by the class of the message: `bus.execute(new PlaceOrder(…))`. */
  readonly byClass?: true;
}

type Args = readonly Expr[];
type Read = (args: Args, receiver: Expr | undefined) => Raise | undefined;

const first: Read = ([name]) => (name === undefined ? undefined : { name });
const second: Read = ([, name]) => (name === undefined ? undefined : { name });
const queued: Read = ([name], receiver) => (name === undefined || receiver === undefined ? undefined : { name, on: receiver });
const message: Read = ([made]) => (made?.kind === 'call' && made.form === 'new' ? { name: made.callee, byClass: true } : undefined);
const topic: Read = ([options]) => {
  const name = options?.kind === 'object' ? options.properties.find((one) => one.name === 'topic')?.value : undefined;
  return name === undefined ? undefined : { name };
};

const LIBRARIES: readonly { readonly module: RegExp; readonly calls: Readonly<Record<string, Read>> }[] = [
  { module: /^@nestjs\/cqrs$/, calls: { execute: message, publish: message } },
  { module: /^@nestjs\/microservices$/, calls: { emit: first, send: first } },
  { module: /^(?:bull|bullmq|bee-queue|kue)$/, calls: { add: queued } },
  { module: /^pg-boss$/, calls: { send: first, sendAfter: first, publish: first } },
  { module: /agenda$/, calls: { now: first, schedule: second, every: second } },
  { module: /^amqplib|^amqp-connection-manager$/, calls: { sendToQueue: first, publish: second } },
  { module: /^kafkajs$/, calls: { send: topic } },
  { module: /^(?:redis|ioredis|nats|mqtt)$/, calls: { publish: first } },
];
const RAISES = new Set(['emit', 'emitAsync', 'publish', 'trigger']);

export const MAY_RAISE: ReadonlySet<string> = new Set([...LIBRARIES.flatMap(({ calls }) => Object.keys(calls)), ...RAISES]);

/** What a call raises; undefined for all other calls. A socket's `emit` goes to the other side and is none. */
export const raiseOf = (call: CallExpr, callee: Callee): Raise | undefined => {
  const { receiver } = callee;
  if (call.form !== 'call' || receiver === undefined) return undefined;
  const origin = [callee.type, callee.receiverType].find((type) => type?.kind === 'external');
  return origin?.kind === 'external' ? ofLibrary(origin, calleeName(call), call, receiver) : ofProject(call, receiver, callee);
};

const ofProject = (call: CallExpr, receiver: Expr, { receiverType, emits }: Callee): Raise | undefined => {
  const name = calleeName(call);
  if (RAISES.has(name)) return isOwnEmitter(receiver, receiverType, emits) ? first(call.args, receiver) : undefined;
  return receiverType === undefined && name === 'add' && /queue$/i.test(lastName(receiver)) ? queued(call.args, receiver) : undefined;
};

const isOwnEmitter = (receiver: Expr, type: Type | undefined, emits: Callee['emits']): boolean => (type === undefined ? looksLikeEmitter(receiver) : emits(type));

const ofLibrary = (origin: Extract<Type, { kind: 'external' }>, name: string, { args }: CallExpr, receiver: Expr): Raise | undefined => {
  const rule = LIBRARIES.find(({ module, calls }) => module.test(origin.module) && Object.hasOwn(calls, name));
  if (rule !== undefined) return rule.calls[name]?.(args, receiver);
  return RAISES.has(name) && !origin.module.startsWith('socket.io') && isEmitter(origin, () => false) ? first(args, receiver) : undefined;
};
