export type { Case, ClientName, Need, Source } from './case.ts';
export { clientNames } from './case.ts';
export { cases } from './cases.ts';
export { conformanceTable } from './conformance-table.ts';
export { type Difference, differences } from './differences.ts';
export type { Row, Verdict } from './run-case.ts';
export { type ConformanceOptions, type ConformanceReport, runConformance } from './run-conformance.ts';
