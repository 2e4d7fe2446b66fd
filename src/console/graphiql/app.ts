import './workers.ts';
import { GraphiQL } from 'graphiql';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { credentialOf, type Person, personIn } from '../person.ts';
import { localFetcher } from './fetcher.ts';
import type { GraphiQLInfo } from './info.ts';

const place = document.getElementById('graphiql');
if (!place) throw new Error('expected an element #graphiql in the page');
try {
  const response = await fetch('/graphiql/info.json');
  if (!response.ok) throw new Error(`/graphiql/info.json: expected 200, got ${response.status}`);
  const info: GraphiQLInfo = await response.json();
  const person = personIn(location.search, info.person);
  const credential = await credentialOf(person, info.apiKey);
  const headers = JSON.stringify(credential, null, 2);
  const who = info.person === undefined ? '' : whoText(person);
  createRoot(place).render(
    createElement(GraphiQL, {
      fetcher: localFetcher(credential),
      defaultHeaders: headers,
      defaultTabs: info.tabs.map((tab) => ({ ...tab, query: `${who}${tab.query}`, headers })),
      defaultEditorToolsVisibility: 'headers',
    }),
  );
} catch (error) {
  place.textContent = `GraphiQL cannot start: ${error instanceof Error ? error.message : String(error)}`;
}

/** Says in the document what the long text under "Headers" is, and how to be somebody else. */
function whoText(person: Person | undefined): string {
  const speaker = person ? `a token of this loop for "${person.name.replace(/\s+/g, ' ')}"` : 'the API key';
  return `# The schema has rules. Under "Headers" stands ${speaker}.\n# Somebody else: /graphql?as=bob&groups=Admin\n`;
}
