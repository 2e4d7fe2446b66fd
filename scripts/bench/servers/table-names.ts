import { type Cell, cellName } from '../workload.ts';
import type { Layout } from './messages.ts';

/** One table for each program's layout and cell. */
export const tableName = (layout: Layout, cell: Cell): string => `${layout}-${cellName(cell)}`;
