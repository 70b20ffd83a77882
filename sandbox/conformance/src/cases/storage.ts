import type { Case } from '../case.ts';
import { call, claim, http, refused } from './make.ts';
import { filesSdk, ours, recorded, unverified, workspaceSdk } from './sources.ts';

const base = '/api/2.0/fs';
const path = '{volume}/{unique}/a b/ü.txt';
const put = (more: object = {}) =>
  call('files.upload', { file_path: path, contents: 'hello', overwrite: true, ...more });
const folder = call('files.create_directory', { directory_path: '{volume}/{unique}/a b' });
const content = Buffer.from('print(1)').toString('base64');
const load = (more: object = {}) =>
  call('workspace.import_', { path: '{folder}/{unique}/a.py', content, format: 'AUTO', ...more });
const make = call('workspace.mkdirs', { path: '{folder}/{unique}' });
const dbfs = '/tmp/conformance-{unique}';
const clear = call('workspace.delete', { path: '{folder}/{unique}', recursive: true });
const notebook = Buffer.from('# Databricks notebook source\nprint(1)\n').toString('base64');

export const storageCases: readonly Case[] = [
  claim(
    'files/round-trip',
    'a file comes back as it was put, with spaces and letters beyond ASCII in its path',
    filesSdk,
    [folder, put(), call('files.download', { file_path: path }, { expect: { has: { contents: 'hello' } } })],
  ),
  claim('files/head', 'metadata has length and time', filesSdk, [
    folder,
    put(),
    call(
      'files.get_metadata',
      { file_path: path },
      { expect: { wire: { status: 200, headers: { 'content-length': '^5$', 'last-modified': 'GMT$' } } } },
    ),
  ]),
  claim('files/put-answers-empty', 'PUT answers without a body', filesSdk, [
    http('PUT', `${base}/files{volume}/{unique}.txt`, {
      headers: { 'content-type': 'application/octet-stream' },
      expect: { wire: { text: '^$' } },
    }),
  ]),
  claim('files/overwrite-default', 'PUT overwrites unless told not to', filesSdk, [
    folder,
    put(),
    http('PUT', `${base}/files{volume}/{unique}/a%20b/%C3%BC.txt`, {
      headers: { 'content-type': 'application/octet-stream' },
    }),
    call('files.download', { file_path: path }, { expect: { wire: { headers: { 'content-length': '^0$' } } } }),
  ]),
  claim(
    'files/no-overwrite',
    'overwrite=false of an existing file is 409',
    filesSdk,
    [folder, put(), put({ overwrite: false })].map((step, index) =>
      index === 2 ? { ...step, expect: refused(409) } : step,
    ),
  ),
  claim('files/missing', 'a file that is not there is 404', filesSdk, [
    call(
      'files.download',
      { file_path: '{volume}/{unique}-none' },
      { expect: refused(404, undefined, undefined, true) },
    ),
  ]),
  claim(
    'files/head-missing',
    'HEAD of a file that is not there is 404',
    filesSdk,
    [
      call(
        'files.get_metadata',
        { file_path: '{volume}/{unique}-none' },
        { expect: { error: { status: 404, isMissing: true } } },
      ),
    ],
    { clients: ['raw', 'python', 'java'], why: 'our client answers nothing instead' },
  ),
  claim('files/range', 'a range gives its bytes with 206', filesSdk, [
    folder,
    put(),
    http('GET', `${base}/files{volume}/{unique}/a%20b/%C3%BC.txt`, {
      headers: { range: 'bytes=1-3' },
      expect: { has: { contents: 'ell' }, wire: { status: 206 } },
    }),
  ]),
  claim('files/delete', 'a deleted file is 404', filesSdk, [
    folder,
    put(),
    call('files.delete', { file_path: path }),
    call('files.download', { file_path: path }, { expect: refused(404, undefined, undefined, true) }),
  ]),
  claim('files/delete-missing', 'delete of a file that is not there is 404', filesSdk, [
    http('DELETE', `${base}/files{volume}/{unique}-none`, { expect: refused(404) }),
  ]),
  claim('files/traversal', 'a path that leaves the volume is refused', ours, [
    http('GET', `${base}/files{volume}/..%2F..%2F..%2Fetc%2Fpasswd`, { expect: refused(400) }),
  ]),
  claim('directories/idempotent', 'a folder may be made twice', filesSdk, [
    folder,
    folder,
    call(
      'files.list_directory_contents',
      { directory_path: '{volume}/{unique}' },
      { expect: { count: { contents: 1 }, has: { 'contents.0.name': 'a b', 'contents.0.is_directory': true } } },
    ),
  ]),
  claim('directories/over-file', 'a folder over a file is 409', recorded, [
    folder,
    put(),
    call('files.create_directory', { directory_path: path }, { expect: refused(409) }),
  ]),
  claim('directories/list', 'a listing has name, path, size', filesSdk, [
    folder,
    put(),
    call(
      'files.list_directory_contents',
      { directory_path: '{volume}/{unique}/a b' },
      {
        expect: {
          count: { contents: 1 },
          has: { 'contents.0.name': 'ü.txt', 'contents.0.path': path, 'contents.0.file_size': 5 },
        },
      },
    ),
  ]),
  claim('directories/empty-has-no-key', 'an empty folder has no "contents" key', filesSdk, [
    folder,
    call(
      'files.list_directory_contents',
      { directory_path: '{volume}/{unique}/a b' },
      { expect: { count: { contents: 0 }, wire: { absent: ['contents', 'next_page_token'] } } },
    ),
  ]),
  claim('directories/list-pages', 'a listing goes on by its token', filesSdk, [
    folder,
    put(),
    call('files.upload', { file_path: '{volume}/{unique}/a b/b.txt', contents: 'x' }),
    http('GET', `${base}/directories{volume}/{unique}/a%20b?page_size=1`, {
      save: { token: 'next_page_token' },
      expect: { count: { contents: 1 } },
    }),
    http('GET', `${base}/directories{volume}/{unique}/a%20b?page_size=1&page_token={token}`, {
      expect: { count: { contents: 1 }, wire: { absent: ['next_page_token'] } },
    }),
  ]),
  claim('directories/head-of-file', 'HEAD of a folder that is a file is 404', recorded, [
    folder,
    put(),
    call(
      'files.get_directory_metadata',
      { directory_path: path },
      { expect: { error: { status: 404, isMissing: true } } },
    ),
  ]),
  claim('directories/delete-full', 'a folder with something in it is not deleted', filesSdk, [
    folder,
    put(),
    call('files.delete_directory', { directory_path: '{volume}/{unique}/a b' }, { expect: refused(400) }),
  ]),
  claim('directories/delete-empty', 'an empty folder is deleted', filesSdk, [
    folder,
    call('files.delete_directory', { directory_path: '{volume}/{unique}/a b' }),
    call(
      'files.get_directory_metadata',
      { directory_path: '{volume}/{unique}/a b' },
      { expect: { error: { status: 404, isMissing: true } } },
    ),
  ]),
  claim('directories/list-missing', 'a listing of nothing is 404', filesSdk, [
    call(
      'files.list_directory_contents',
      { directory_path: '{volume}/{unique}-none' },
      { expect: refused(404, undefined, undefined, true) },
    ),
  ]),
  claim('workspace/round-trip', 'a file is imported and exported', workspaceSdk, [
    make,
    load(),
    call('workspace.export', { path: '{folder}/{unique}/a.py', format: 'SOURCE' }, { expect: { has: { content } } }),
    clear,
  ]),
  claim('workspace/status', 'get-status tells kind and id', workspaceSdk, [
    make,
    load(),
    call(
      'workspace.get_status',
      { path: '{folder}/{unique}/a.py' },
      { expect: { has: { object_type: 'FILE', path: '{folder}/{unique}/a.py' }, wire: { present: ['object_id'] } } },
    ),
    clear,
  ]),
  claim('workspace/list', 'list has the objects of a folder', workspaceSdk, [
    make,
    load(),
    call(
      'workspace.list',
      { path: '{folder}/{unique}' },
      { expect: { count: { objects: 1 }, has: { 'objects.0.path': '{folder}/{unique}/a.py' } } },
    ),
    clear,
  ]),
  claim('workspace/list-empty-has-no-key', 'an empty folder has no "objects" key', workspaceSdk, [
    make,
    call(
      'workspace.list',
      { path: '{folder}/{unique}' },
      { expect: { count: { objects: 0 }, wire: { absent: ['objects'] } } },
    ),
    clear,
  ]),
  claim(
    'workspace/import-exists',
    'import over an existing file without overwrite is refused',
    workspaceSdk,
    [make, load(), { ...load(), expect: refused(400, 'RESOURCE_ALREADY_EXISTS') }, clear],
    { clients: ['raw', 'python', 'java'], why: 'our client always says whether to overwrite' },
  ),
  claim('workspace/import-overwrites', 'import with overwrite replaces the file', workspaceSdk, [
    make,
    load(),
    load({ overwrite: true, content: 'cHJpbnQoMik=' }),
    call(
      'workspace.export',
      { path: '{folder}/{unique}/a.py', format: 'SOURCE' },
      { expect: { has: { content: 'cHJpbnQoMik=' } } },
    ),
    clear,
  ]),
  claim('workspace/import-no-parent', 'import makes no parent folders', recorded, [
    { ...load(), expect: refused(404) },
  ]),
  claim(
    'workspace/notebook-by-header',
    'a .py with the notebook header becomes a NOTEBOOK without its extension',
    recorded,
    [
      make,
      load({ content: notebook }),
      call(
        'workspace.get_status',
        { path: '{folder}/{unique}/a' },
        { expect: { has: { object_type: 'NOTEBOOK', language: 'PYTHON' } } },
      ),
      clear,
    ],
  ),
  claim('workspace/source-needs-language', 'SOURCE of a single file needs a language', workspaceSdk, [
    make,
    call('workspace.import_', { path: '{folder}/{unique}/b', content, format: 'SOURCE' }, { expect: refused(400) }),
    clear,
  ]),
  claim('workspace/status-missing', 'get-status of nothing is 404', recorded, [
    call(
      'workspace.get_status',
      { path: '{folder}/{unique}-none' },
      { expect: refused(404, 'RESOURCE_DOES_NOT_EXIST', undefined, true) },
    ),
  ]),
  claim('workspace/delete-full', 'a folder with something in it needs recursive', workspaceSdk, [
    make,
    load(),
    call('workspace.delete', { path: '{folder}/{unique}' }, { expect: refused(400, 'DIRECTORY_NOT_EMPTY') }),
    clear,
  ]),
  claim('workspace/mkdirs-over-file', 'mkdirs over a file is refused', workspaceSdk, [
    make,
    load(),
    call('workspace.mkdirs', { path: '{folder}/{unique}/a.py' }, { expect: refused(400, 'RESOURCE_ALREADY_EXISTS') }),
    clear,
  ]),
  claim('workspace/mkdirs-twice', 'mkdirs is mkdir -p', workspaceSdk, [make, make, clear]),
  claim('workspace/import-file', 'import-file takes raw bytes, and 409 without overwrite', recorded, [
    make,
    http('POST', '/api/2.0/workspace-files/import-file{folder}/{unique}/c.txt', {
      body: 'x',
      headers: { 'content-type': 'application/octet-stream' },
    }),
    http('POST', '/api/2.0/workspace-files/import-file{folder}/{unique}/c.txt', {
      body: 'y',
      headers: { 'content-type': 'application/octet-stream' },
      expect: refused(409),
    }),
    clear,
  ]),
  claim('dbfs/put-read', 'a small file is put and read', filesSdk, [
    http('POST', '/api/2.0/dbfs/put', { body: JSON.stringify({ path: dbfs, contents: content }) }),
    call('dbfs.read', { path: dbfs }, { expect: { has: { bytes_read: 8, data: content } } }),
  ]),
  claim('dbfs/blocks', 'a file is written in blocks through a handle', filesSdk, [
    call('dbfs.create', { path: dbfs }, { save: { handle: 'handle' } }),
    call('dbfs.add_block', { handle: '{handle}', data: content }),
    call('dbfs.close', { handle: '{handle}' }),
    call('dbfs.get_status', { path: dbfs }, { expect: { has: { file_size: 8 } } }),
  ]),
  claim('dbfs/exists', 'create of an existing file without overwrite is refused', filesSdk, [
    http('POST', '/api/2.0/dbfs/put', { body: JSON.stringify({ path: dbfs, contents: content }) }),
    call('dbfs.create', { path: dbfs }, { expect: refused(400, 'RESOURCE_ALREADY_EXISTS') }),
  ]),
  claim('dbfs/missing', 'a path that is not there is RESOURCE_DOES_NOT_EXIST', filesSdk, [
    call(
      'dbfs.get_status',
      { path: '/none-{unique}' },
      { expect: refused(404, 'RESOURCE_DOES_NOT_EXIST', undefined, true) },
    ),
  ]),
  claim('dbfs/read-limit', 'read gives at most 1 MB', filesSdk, [
    call('dbfs.read', { path: dbfs, length: 1_048_577 }, { expect: refused(400) }),
  ]),
  claim('dbfs/move', 'a file is moved', filesSdk, [
    http('POST', '/api/2.0/dbfs/put', { body: JSON.stringify({ path: dbfs, contents: content }) }),
    http('POST', '/api/2.0/dbfs/move', {
      body: JSON.stringify({ source_path: dbfs, destination_path: `${dbfs}-moved` }),
    }),
    call('dbfs.get_status', { path: `${dbfs}-moved` }, { expect: { has: { file_size: 8 } } }),
  ]),
  claim('dbfs/unknown-handle', 'a handle that nobody gave is refused', unverified, [
    call('dbfs.add_block', { handle: 4_711, data: content }, { expect: refused(404) }),
  ]),
];
