/** The import boundaries of DESIGN §3, one rule each. */
const PURE = '^src/(schema|filter|change|protocol|render|auth|deploy)/';
module.exports = {
  forbidden: [
    {
      name: 'pure-folders-import-only-each-other-and-graphql',
      severity: 'error',
      from: { path: PURE },
      to: { pathNot: [PURE, '^src/errors\\.ts$', '^node_modules/graphql/', '^crypto$', '^node:crypto$'] },
    },
    {
      name: 'use-cases-add-only-ports',
      severity: 'error',
      from: { path: '^src/(relay|api)/' },
      to: {
        pathNot: [
          PURE,
          '^src/(relay|api|observe)/',
          '^src/errors\\.ts$',
          '^src/project\\.ts$',
          '^node_modules/(graphql|graphql-http|dataloader|pino)/',
          '^crypto$',
          '^node:crypto$',
        ],
      },
    },
    {
      name: 'only-adapters-cli-testing-scripts-touch-the-world',
      severity: 'error',
      from: { path: '^(src|handlers)/', pathNot: '^src/(adapters|cli|testing)/|^src/compose(\\.ts$|/)' },
      to: { path: '^node_modules/(@aws-sdk|@smithy|ws|mqtt)/' },
    },
    {
      name: 'handlers-go-through-compose',
      severity: 'error',
      from: { path: '^handlers/' },
      to: {
        pathNot: [
          '^src/compose(\\.ts$|/)',
          '^src/(relay|api)/',
          '^src/config\\.ts$',
          '^node_modules/@types/',
        ],
      },
    },
    {
      name: 'tests-stay-outside',
      severity: 'error',
      from: { path: '^(src|handlers)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
