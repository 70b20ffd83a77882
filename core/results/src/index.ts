export { createResultLinks, type ResultLinksDeps } from './result-links.ts';
export { contentTypeOf } from './content-type.ts';
