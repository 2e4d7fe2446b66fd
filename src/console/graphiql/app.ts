import './workers.ts';
import { GraphiQL } from 'graphiql';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { localFetcher } from './fetcher.ts';
import type { GraphiQLInfo } from './info.ts';

const place = document.getElementById('graphiql');
if (!place) throw new Error('expected an element #graphiql in the page');
try {
  const response = await fetch('/graphiql/info.json');
  if (!response.ok) throw new Error(`/graphiql/info.json: expected 200, got ${response.status}`);
  const info: GraphiQLInfo = await response.json();
  const headers = JSON.stringify({ 'x-api-key': info.apiKey }, null, 2);
  createRoot(place).render(
    createElement(GraphiQL, {
      fetcher: localFetcher(info.apiKey),
      defaultHeaders: headers,
      defaultTabs: info.tabs.map((tab) => ({ ...tab, headers })),
      defaultEditorToolsVisibility: 'headers',
    }),
  );
} catch (error) {
  place.textContent = `GraphiQL cannot start: ${error instanceof Error ? error.message : String(error)}`;
}
