import { isArmatureError } from '@armature/sdk';

/** A place where bytes come in, and what must hold for any bytes. */
export interface Target {
  readonly name: string;
  /** Good inputs, which are changed at random. */
  readonly corpus: readonly string[];
  /** What its language is made of: put in at random. */
  readonly words: readonly string[];
  /** Inputs that are given at once. @default 1 */
  readonly parallel?: number;
  /** Gives an input to the real thing. Throws when something that must hold does not. */
  readonly run: (input: Buffer) => void | Promise<void>;
  readonly open?: () => Promise<void>;
  readonly close?: () => Promise<void>;
}

/** What a parser may end with: an error of a table. */
export function isCoded(cause: unknown): boolean {
  if (isArmatureError(cause)) return true;
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z]+(_[A-Z]+)+$/.test(code) && !code.startsWith('ERR_');
}

/** Something that must hold and does not. */
export class Broken extends Error {
  constructor(
    readonly kind: 'crash' | 'hang' | 'prototype' | 'memory' | 'answer',
    detail: string,
  ) {
    super(detail);
    this.name = 'Broken';
  }
}

export function mustHold(holds: boolean, detail: string): void {
  if (!holds) throw new Broken('answer', detail);
}
