/** Result links that are not good any more: all of a request up to a time (`signature` empty), or one. */
export const revokedLinks = [
  `create table revoked_links (request text not null, signature text not null, "by" text not null, at integer not null,
    primary key (request, signature)) without rowid`,
];
