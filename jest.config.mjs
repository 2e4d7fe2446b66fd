import { availableParallelism } from 'node:os';

const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  injectGlobals: false,
  // In a bundle a user's resolvers.ts stands here.
  moduleNameMapper: { '^tablecast/project$': '<rootDir>/src/no-project.ts' },
};

const suite = (displayName, extra = {}) => ({
  ...common,
  displayName,
  testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`],
  ...extra,
});

export default {
  projects: [suite('unit'), suite('contract'), suite('protocol'), suite('integration'), suite('browser')],
  testTimeout: 30_000,
  testSequencer: '<rootDir>/test/fixtures/slow-first.mjs',
  // Much of the time goes by waiting for servers: a worker more than there are cores, where Jest would leave one idle.
  maxWorkers: availableParallelism() + 1,
};
