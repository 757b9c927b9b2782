// The broker's own client, the file that is published for everyone (clients/js), served beside the pages.
export { Closed, Refused, connect, TwofoldError } from "../client/twofold.js";
