/** Checked by the compiler, never run: what must compile, and, after each directive, what must not. */
import { type Catalogue, type Client, createClient, type Decision } from '../src/index.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_T extends true>(): void => undefined;

type Experiments = {
  readonly reader: {
    readonly arms: { readonly large: { readonly url: string }; readonly small: number };
    readonly metrics: 'correct' | 'latency_ms';
  };
  readonly button: { readonly arms: { readonly green: 'green'; readonly blue: 'blue' }; readonly metrics: never };
};
const experiments: Catalogue<Experiments> = {
  digest: 'sha256:00',
  experiments: {
    reader: { control: 'small', arms: { large: { url: 'l' }, small: 1 }, reward: 'correct', metrics: ['correct'] },
    button: { control: 'green', arms: { green: 'green', blue: 'blue' } },
  },
};

export function generated(): void {
  const client = createClient({ url: 'http://127.0.0.1:4400', experiments });
  holds<Equal<typeof client, Client<Experiments>>>();
  const decision = client.decide('reader', { unit: 'u-1', default: 'large' });
  holds<Equal<typeof decision.arm, 'large' | 'small'>>();
  holds<Equal<typeof decision.experiment, 'reader'>>();
  holds<Equal<typeof decision.propensities, { readonly large: number; readonly small: number }>>();
  if (decision.arm === 'large') holds<Equal<typeof decision.value, { readonly url: string }>>();
  else holds<Equal<typeof decision.value, number>>();
  const all = client.with({ unit: 'u-1' }).decideAll({ expose: false });
  holds<Equal<typeof all.button.arm, 'green' | 'blue'>>();
  client.reward(decision, 1);
  client.reward(decision, { correct: true, latency_ms: 3 });
  client.reward({ experiment: 'reader', unit: 'u-1' }, { correct: 0 });
  client.reward(decision.token, { correct: 0 });
  client.exposure(decision);
  const general: Decision = decision;
  client.on('decision', (seen) => void [seen.arm, general]);

  // @ts-expect-error a misspelt experiment
  client.decide('raeder');
  // @ts-expect-error a misspelt arm
  client.decide('reader', { default: 'lagre' });
  // @ts-expect-error an arm it does not have
  if (decision.arm === 'green') throw new Error(decision.arm);
  // @ts-expect-error a misspelt metric
  client.reward(decision, { corect: 1 });
  // @ts-expect-error a misspelt metric by unit
  client.reward({ experiment: 'reader', unit: 'u-1' }, { corect: 1 });
  // @ts-expect-error a text is no reward
  client.reward(decision, '1');
  // @ts-expect-error an experiment without metrics takes no reward
  client.reward(client.decide('button'), 1);
  // @ts-expect-error a decision is not to be changed
  decision.propensity = 1;
}

export function inline(): void {
  const client = createClient({
    experiments: {
      button: { arms: ['green', 'blue'], reward: 'click' },
      size: { arms: { big: { value: 12, weight: 2 }, tiny: {} } },
    },
  });
  const button = client.decide('button', { unit: 'u-1' });
  holds<Equal<typeof button.arm, 'green' | 'blue'>>();
  holds<Equal<typeof button.value, 'green' | 'blue'>>();
  const size = client.decide('size', { unit: 'u-1' });
  if (size.arm === 'big') holds<Equal<typeof size.value, 12>>();
  else holds<Equal<typeof size.value, 'tiny'>>();
  client.reward(size, { anything: 1 });
  client.reward(button, { click: 1 });
  // @ts-expect-error a misspelt experiment
  client.decide('buton');
  // @ts-expect-error a misspelt metric
  client.reward(button, { clikc: 1 });
}

export function untyped(): void {
  const client = createClient({ url: 'http://127.0.0.1:4400' });
  const decision = client.decide('anything', { default: 'some-arm' });
  holds<Equal<typeof decision.arm, string>>();
  holds<Equal<typeof decision.value, unknown>>();
  client.reward(decision, { anything: 1 });
  // @ts-expect-error no such option
  createClient({ ulr: 'http://127.0.0.1:4400' });
}
