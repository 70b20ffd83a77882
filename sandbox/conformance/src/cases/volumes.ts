import type { JsonObject } from '@slowlane/contracts';
import type { Case } from '../case.ts';
import { call, claim, refused } from './make.ts';
import { catalogSdk, unverified } from './sources.ts';

const place = { catalog_name: 'main', schema_name: 'conformance' };
const named = { ...place, name: 'v{unique}' };
const full = 'main.conformance.v{unique}';
const create = call('volumes.create', { ...named, volume_type: 'MANAGED', comment: 'first' });
const read = (has: JsonObject) => call('volumes.read', { name: full }, { expect: { has } });
const remove = call('volumes.delete', { name: full });

/** Volumes of Unity Catalog themselves; what lies in them is the matter of the Files API. */
export const volumeCases: readonly Case[] = [
  claim('volumes/crud', 'a volume is made, read, changed and deleted', catalogSdk, [
    create,
    read({ ...named, full_name: full, volume_type: 'MANAGED', comment: 'first', volume_id: { matches: '.' } }),
    call('volumes.update', { name: full, comment: 'second' }),
    read({ comment: 'second' }),
    remove,
    call('volumes.read', { name: full }, { expect: refused(404) }),
  ]),
  claim('volumes/rename', 'new_name renames a volume, and its id stays', catalogSdk, [
    { ...create, save: { id: 'volume_id' } },
    call('volumes.update', { name: full, new_name: 'w{unique}' }),
    call(
      'volumes.read',
      { name: 'main.conformance.w{unique}' },
      { expect: { has: { volume_id: '{id}', name: 'w{unique}' } } },
    ),
    call('volumes.delete', { name: 'main.conformance.w{unique}' }),
  ]),
  claim('volumes/list', 'list shows the volumes of a schema', catalogSdk, [
    create,
    call('volumes.list', place, { expect: { has: { 'volumes.0.full_name': { matches: '^main\\.conformance\\.' } } } }),
    remove,
  ]),
  claim('volumes/holds-files', 'what is uploaded lies in the volume that was made for it', catalogSdk, [
    create,
    call('files.upload', { file_path: '/Volumes/main/conformance/v{unique}/a.txt', contents: 'hello' }),
    call(
      'files.list_directory_contents',
      { directory_path: '/Volumes/main/conformance/v{unique}' },
      { expect: { has: { 'contents.0.name': 'a.txt' } } },
    ),
    remove,
  ]),
  claim('volumes/twice', 'a volume that is there is not made again', unverified, [
    create,
    { ...create, expect: refused(409) },
    remove,
  ]),
];
