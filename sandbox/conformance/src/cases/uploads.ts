import type { Case } from '../case.ts';
import { call, claim, http, refused } from './make.ts';
import { filesSdk, sdk } from './sources.ts';

const base = '/api/2.0/fs';
const parts = sdk('mixins/files.py');
const octets = { 'content-type': 'application/octet-stream' };
const folder = call('files.create_directory', { directory_path: '{volume}/{unique}' });
const path = '{volume}/{unique}/large.bin';
const put = call('files.upload', { file_path: path, contents: 'old' });
const initiate = (more: object = {}) =>
  http('POST', `${base}/files${path}?action=initiate-upload`, { headers: octets, ...more });
const begun = initiate({ save: { session: 'multipart_upload.session_token' } });
const links = (start: number, name: string) =>
  http('POST', `${base}/create-upload-part-urls`, {
    body: `{"path":"${path}","session_token":"{session}","start_part_number":${start},"count":1,"expire_time":"2100-01-01T00:00:00Z"}`,
    save: { [name]: 'upload_part_urls.0.url' },
    expect: { count: { upload_part_urls: 1 }, has: { 'upload_part_urls.0.part_number': start } },
  });
const send = (name: string, text: string, etag: string) =>
  http('PUT', `{${name}}`, { body: text, headers: octets, withoutToken: true, save: { [etag]: 'etag' } });
const complete = (list: string, expect: object) =>
  http('POST', `${base}/files${path}?action=complete-upload&upload_type=multipart&session_token={session}`, {
    ...{ body: `{"parts":[${list}]}`, headers: octets, expect },
  });

export const uploadCases: readonly Case[] = [
  claim('files/large', 'a file of 100 MiB arrives whole, however the client cuts it', parts, [
    folder,
    call('files.upload', { file_path: path, contents: '0123456789abcdef', contents_times: 6_553_600, overwrite: true }),
    call(
      'files.list_directory_contents',
      { directory_path: '{volume}/{unique}' },
      { expect: { count: { contents: 1 }, has: { 'contents.0.file_size': 104_857_600 } } },
    ),
    call('files.delete', { file_path: path }),
  ]),
  claim('files/parts', 'parts go to links without a token, and are put together in the order of their numbers', parts, [
    folder,
    begun,
    links(1, 'first_url'),
    links(2, 'second_url'),
    send('second_url', 'world', 'second'),
    send('first_url', 'hello ', 'first'),
    complete('{"part_number":1,"etag":"{first}"},{"part_number":2,"etag":"{second}"}', { wire: { status: 200 } }),
    call('files.download', { file_path: path }, { expect: { has: { contents: 'hello world' } } }),
  ]),
  claim('files/parts-unseen', 'a file in parts is not there before it is completed', parts, [
    folder,
    begun,
    links(1, 'url'),
    send('url', 'x', 'etag'),
    call('files.download', { file_path: path }, { expect: refused(404) }),
  ]),
  claim('files/parts-aborted', 'an aborted upload is completed no more', parts, [
    folder,
    begun,
    links(1, 'url'),
    send('url', 'x', 'etag'),
    http('POST', `${base}/create-abort-upload-url`, {
      body: `{"path":"${path}","session_token":"{session}","expire_time":"2100-01-01T00:00:00Z"}`,
      save: { abort: 'abort_upload_url.url' },
    }),
    http('DELETE', '{abort}', { withoutToken: true }),
    complete('{"part_number":1,"etag":"{etag}"}', { error: { status: 404 } }),
    call('files.download', { file_path: path }, { expect: refused(404) }),
  ]),
  claim('files/parts-exist', 'an upload in parts without overwrite over a file is refused at its beginning', parts, [
    folder,
    put,
    http('POST', `${base}/files${path}?action=initiate-upload&overwrite=false`, {
      headers: octets,
      expect: refused(409),
    }),
  ]),
  claim('files/unmodified-since', 'a download of what has changed since a time is 412', filesSdk, [
    folder,
    put,
    http('GET', `${base}/files${path}`, {
      headers: { 'if-unmodified-since': 'Mon, 01 Jan 2024 00:00:00 GMT' },
      expect: refused(412),
    }),
  ]),
  claim('files/range-past-end', 'a range behind the end is 416', filesSdk, [
    folder,
    put,
    http('GET', `${base}/files${path}`, { headers: { range: 'bytes=100-' }, expect: refused(416) }),
  ]),
];
