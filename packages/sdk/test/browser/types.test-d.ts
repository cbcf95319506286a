/** Checked by the compiler, never run: what must compile, and, after each directive, what must not. */
import { type Catalogue, createClient, forPage } from '../../src/browser/index.js';
import { createClient as createServiceClient } from '../../src/index.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_T extends true>(): void => undefined;

type Experiments = {
  readonly reader: {
    readonly arms: { readonly large: { readonly url: string }; readonly small: number };
    readonly metrics: 'correct';
  };
};
declare const experiments: Catalogue<Experiments>;

export function generated(): void {
  const service = createServiceClient({ url: 'http://127.0.0.1:4400', experiments });
  const decisions = forPage(service.decideAll({ unit: 'u-1', expose: false }));
  const client = createClient({ url: 'http://127.0.0.1:4400', experiments, decisions });
  const decision = client.decide('reader', { default: 'small' });
  holds<Equal<typeof decision.arm, 'large' | 'small'>>();
  if (decision.arm === 'large') holds<Equal<typeof decision.value, { readonly url: string }>>();
  client.reward(decision, { correct: true });
  client.reward(decision, true);
  // @ts-expect-error no such experiment
  client.decide('redaer');
  // @ts-expect-error no such arm
  client.decide('reader', { default: 'huge' });
  // @ts-expect-error no such metric
  client.reward(decision, { corect: true });
}

export function untyped(): void {
  const client = createClient({ url: 'http://127.0.0.1:4400' });
  const { arm } = client.decide('anything');
  holds<Equal<typeof arm, string>>();
  // @ts-expect-error a page has no snapshot
  createClient({ url: 'http://127.0.0.1:4400', bootstrap: {} });
}
