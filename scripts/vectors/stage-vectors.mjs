const STAGES = [
  {},
  { holdout: { share: 0.05 } },
  { holdout: { name: 'everything', share: 0.2 } },
  { layer: { name: 'page', slot: [0, 0.5] } },
  { layer: { name: 'page', slot: [0.5, 1] } },
  { layer: { name: 'żółw', slot: [0.333333333, 0.666666667] } },
  { traffic: 0.3 },
  { traffic: 0.000000001 },
  { holdout: { name: 'everything', share: 0.1 }, layer: { name: 'page', slot: [0.1, 0.7] }, traffic: 0.8 },
  { holdout: { share: 0.5 }, layer: { name: 'page', slot: [0.2, 0.9] }, traffic: 0.5 },
];

/**
 * Keys against the stages before the draw.
 *
 * @param policies the built `@armature/sdk/policies`
 */
export function stageVectors({ prepareStages, stageOdds, stageUniform, stoppedAt }, keys, salts) {
  const vectors = STAGES.flatMap((shares, s) =>
    keys.map((key, i) => {
      const salt = salts[(s + i) % salts.length];
      const gates = prepareStages(salt, shares);
      const u = Object.fromEntries(gates.map(({ stage, prefix }) => [stage, stageUniform(prefix, key)]));
      return { salt, ...shares, key, u, stopped: stoppedAt(gates, key) ?? null, odds: stageOdds(shares) };
    }),
  );
  return {
    about:
      'The stages before the draw, in the order holdout, layer, traffic: u = (h1 2^20 + floor(h2 / 2^12) + 1/2) 2^-52 over the domain (the name of the stage) and the name of holdout or layer, else the salt. Passed with share <= u, from <= u < to, u < traffic. u is exact; odds to 15 digits; stages that stop nobody are left out of u.',
    vectors,
  };
}
