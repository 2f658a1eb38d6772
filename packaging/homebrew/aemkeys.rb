class Aemkeys < Formula
  desc "Dashboard and command-line for credentials of AEM as a Cloud Service"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license "Apache-2.0"

  on_macos do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/aemkeys-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256 aemkeys-@VERSION@-aarch64-apple-darwin.tar.gz@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/aemkeys-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256 aemkeys-@VERSION@-x86_64-apple-darwin.tar.gz@"
    end
  end

  on_linux do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/aemkeys-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256 aemkeys-@VERSION@-aarch64-unknown-linux-musl.tar.gz@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/aemkeys-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256 aemkeys-@VERSION@-x86_64-unknown-linux-musl.tar.gz@"
    end
  end

  def install
    bin.install "aemkeys"
    man1.install "man/aemkeys.1"
    bash_completion.install "completions/aemkeys.bash" => "aemkeys"
    fish_completion.install "completions/aemkeys.fish"
    zsh_completion.install "completions/_aemkeys"
    doc.install "THIRD-PARTY-LICENSES.txt", "aemkeys.cdx.json"
  end

  test do
    assert_match "wknd-stage", shell_output("#{bin}/aemkeys demo --print 120x30")
  end
end
