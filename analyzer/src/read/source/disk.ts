import { hash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readText, type TextRead } from './read-text.ts';
import { listFiles, type Listing } from './walk.ts';
import { gitLog } from '../git-log.ts';

const QUESTIONS = ['text', 'exists', 'isDirectory', 'listing', 'log'] as const;
type Question = (typeof QUESTIONS)[number];

/** A question to the disk and its subject, as text: `exists /shop/tsconfig.json`. */
export type Asked = string;

/**
 * All that one reading asks of the disk, with what it was told: the reading is a function of these answers. An answer holds for the whole run.
 * A later run that asks the same questions and is told the same would read the same.
 */
export class Disk {
  /** Question → digest of its answer, in the order of asking. */
  readonly #answers = new Map<Asked, string>();
  readonly #listings = new Map<string, Listing>();
  readonly #logs = new Map<string, Promise<string | undefined>>();
  /** Read to compare and not taken yet: the reading that follows need not read them again. */
  readonly #texts = new Map<string, TextRead>();

  readonly text = (path: string): TextRead => {
    const taken = this.#texts.get(path);
    const read = taken ?? readText(path);
    this.#texts.delete(path);
    this.#note('text', path, read.text ?? `\0${read.why}`);
    return read;
  };

  readonly exists = (path: string): boolean => this.#say('exists', path, existsSync(path));

  readonly isDirectory = (path: string): boolean => this.#say('isDirectory', path, statSync(path, { throwIfNoEntry: false })?.isDirectory() === true);

  readonly listing = (root: string): Listing => {
    const listing = this.#listings.get(root) ?? listFiles(root);
    this.#listings.set(root, listing);
    this.#note('listing', root, JSON.stringify(listing));
    return listing;
  };

  readonly log = async (root: string): Promise<string | undefined> => {
    const asked = this.#logs.get(root) ?? gitLog(root);
    this.#logs.set(root, asked);
    const log = await asked;
    this.#note('log', root, log ?? '\0');
    return log;
  };

  asked(): Asked[] {
    return [...this.#answers.keys()];
  }

  digest(): string {
    return digestOf([...this.#answers].flat());
  }

  /** What `digest` would be, had exactly these questions been asked now. */
  async digestIfAsked(questions: readonly Asked[]): Promise<string> {
    // git works while we read.
    for (const question of questions) if (question.startsWith('log ')) this.#logs.set(question.slice(4), gitLog(question.slice(4)));
    const answers: string[] = [];
    for (const question of questions) answers.push(question, await this.#askAgain(question));
    return digestOf(answers);
  }

  async #askAgain(asked: Asked): Promise<string> {
    const space = asked.indexOf(' ');
    const [question, subject] = [QUESTIONS.find((one) => one === asked.slice(0, space)), asked.slice(space + 1)];
    if (question === undefined) return '';
    const answer = await this[question](subject);
    if (question === 'text') this.#texts.set(subject, answer as TextRead);
    const digest = this.#answers.get(asked) ?? '';
    this.#answers.delete(asked);
    return digest;
  }

  #say(question: Question, path: string, answer: boolean): boolean {
    this.#note(question, path, String(answer));
    return answer;
  }

  #note(question: Question, subject: string, answer: string): void {
    const asked = `${question} ${subject}`;
    const [digest, before] = [digestOf([answer]), this.#answers.get(asked)];
    // What changed while it was read is like no other answer: nothing may be kept by it.
    this.#answers.set(asked, before === undefined || before === digest ? digest : UNSTEADY);
  }

  /** Whether every question had one answer. */
  steady(): boolean {
    return ![...this.#answers.values()].includes(UNSTEADY);
  }
}

const UNSTEADY = 'unsteady';

const digestOf = (parts: readonly string[]): string => hash('sha256', parts.length === 1 ? parts[0] ?? '' : JSON.stringify(parts), 'base64');
