export { createClient, type ClientOptions, type FollowOptions, type SlowLaneClient } from './create-client.ts';
