/**
 * Where the editor finds its workers: in files of their own, beside this script, so that the page's policy need not
 * allow `blob:`. To be imported before the editor is.
 * @see https://github.com/graphql/graphiql/tree/main/packages/graphiql#vite-monaco-worker-setup
 */
Object.assign(globalThis, {
  MonacoEnvironment: {
    getWorker: (_id: string, label: string) => {
      const name = label === 'json' || label === 'graphql' ? label : 'editor';
      return new Worker(`/graphiql/${name}.worker.js`);
    },
  },
});
