/** The kubelet's words for an image that it cannot get (pkg/kubelet/images/types.go); after the first, ErrImagePull, it tries again. */
export const IMAGE_REASONS: ReadonlySet<string> = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "RegistryUnavailable",
  "SignatureValidationFailed",
]);
