import { writeFileSync } from 'node:fs';
import { generatedDocs } from '../core/app/src/docs/generated-docs.ts';

for (const [path, text] of generatedDocs()) writeFileSync(new URL(`../docs/${path}`, import.meta.url), text);
