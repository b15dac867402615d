import { StranglerError, type Setting, type Shadow, type Stage, type StickyBy } from '@strangler/kernel';

/** What a short notation leaves out. */
export interface StageDefaults {
  readonly sample: number;
  readonly stickyBy: StickyBy;
  readonly sandbox?: Setting;
}

/**
 * Reads `monolith`, `shadow`, `shadow:0.2` (sample, 0 to 1), `canary:5` (percent), `service`, `retired`.
 * @throws StranglerError STR_BAD_STAGE.
 */
export function parseStage(text: string, { sample, stickyBy, sandbox }: StageDefaults): Stage {
  const { name, amount } = /^(?<name>[a-z]+)(:(?<amount>\d+(\.\d+)?))?$/.exec(text)?.groups ?? {};
  const plain = PLAIN.get(text);
  if (plain !== undefined) return plain;
  const share = Number(amount ?? (name === 'shadow' ? sample : Number.NaN));
  if (name === 'shadow' && isWithin(share, 1)) return { shadow: shadowOf(share, sandbox) };
  if (name === 'canary' && isWithin(share, 100)) return { canary: { percent: share, stickyBy } };
  throw new StranglerError({ code: 'STR_BAD_STAGE', message: `'${text}' is no stage.`, remedy: 'One of monolith, shadow, shadow:0.2, canary:5, service, retired.' });
}

const PLAIN = new Map<string, Stage>([['monolith', 'monolith'], ['service', 'service'], ['retired', 'retired']]);

const shadowOf = (sample: number, sandbox: Setting | undefined): Shadow => sandbox === undefined ? { sample } : { sample, sandbox };

const isWithin = (value: number, most: number): boolean => value > 0 && value <= most;

/** The notation of a stage: what `parseStage` reads back. */
export function stageNotation(stage: Stage): string {
  if (typeof stage === 'string') return stage;
  return 'shadow' in stage ? `shadow:${String(stage.shadow.sample)}` : `canary:${String(stage.canary.percent)}`;
}
