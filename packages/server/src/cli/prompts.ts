import type { Readable, Writable } from 'node:stream';

/** Questions to a person. Each resolves with the answer; undefined when the person breaks off. */
export interface Prompts {
  /** @param fault says what is wrong with an answer; it is asked again until nothing is */
  text(message: string, initial: string, fault: (answer: string) => string | undefined): Promise<string | undefined>;
  choose<Value extends string>(
    message: string,
    choices: readonly { readonly value: Value; readonly label: string }[],
  ): Promise<Value | undefined>;
}

/** Prompts on a terminal; loaded when the first question is asked. */
export function promptsOn(input: Readable, output: Writable): Prompts {
  return {
    async text(message, initial, fault) {
      const { text, isCancel } = await import('@clack/prompts');
      const validate = (answer: string | undefined): string | undefined => fault(answer || initial);
      const answer = await text({ message, placeholder: initial, defaultValue: initial, validate, input, output });
      return isCancel(answer) ? undefined : answer;
    },
    async choose(message, choices) {
      const { select, isCancel } = await import('@clack/prompts');
      const options = choices.map(({ value, label }) => ({ value: value as string, label }));
      const answer = await select({ message, options, input, output });
      return isCancel(answer) ? undefined : choices.find(({ value }) => value === answer)?.value;
    },
  };
}
