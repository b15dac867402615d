import type { ErrorCode, Severity } from '@strangler/kernel';

/** How a check tells what it found: the code, where, the fact, and what mends it. */
export type Add = (severity: Severity, code: ErrorCode, where: string, message: string, remedy: string) => void;
