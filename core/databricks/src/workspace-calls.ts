import type { Caller } from './call.ts';
import type { WorkspaceCalls } from './databricks-client.ts';
import { parseAnswer } from './parse-answer.ts';
import { ObjectList } from './schema.ts';

const prefix = '/api/2.0/workspace';

export function workspaceCalls(caller: Caller): WorkspaceCalls {
  return {
    async import({ path, content, overwrite, language, jupyter }, options) {
      const format = jupyter === true ? 'JUPYTER' : language === undefined ? 'RAW' : 'SOURCE';
      const encoded = Buffer.from(content).toString('base64');
      const json = { path, content: encoded, format, overwrite, ...(language === undefined ? {} : { language }) };
      await caller.json(
        { method: 'POST', path: `${prefix}/import`, json, family: 'workspace', repeatable: overwrite },
        options,
      );
    },
    async mkdirs(path, options) {
      await caller.json(
        { method: 'POST', path: `${prefix}/mkdirs`, json: { path }, family: 'workspace', repeatable: true },
        options,
      );
    },
    async list(folder, options) {
      const answer = await caller.json(
        { method: 'GET', path: `${prefix}/list`, query: { path: folder }, family: 'workspace', repeatable: true },
        options,
      );
      const { objects } = parseAnswer(ObjectList, answer, `GET ${prefix}/list`);
      return objects.map(({ path, object_type: type, size }) => ({ path, type, size }));
    },
    async delete(path, { recursive }, options) {
      const json = { path, recursive };
      await caller.json(
        { method: 'POST', path: `${prefix}/delete`, json, family: 'workspace', repeatable: true },
        options,
      );
    },
  };
}
