export { nearNames } from "../objects/near-names.ts";
