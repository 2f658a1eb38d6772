{
  description = "Dashboard and command line for credentials of AEM as a Cloud Service";

  inputs.nixpkgs.url = "nixpkgs";

  outputs =
    { self, nixpkgs }:
    let
      version = "@VERSION@";
      archives = {
        x86_64-linux = {
          triple = "x86_64-unknown-linux-musl";
          sha256 = "@SHA256 aemkeys-@VERSION@-x86_64-unknown-linux-musl.tar.gz@";
        };
        aarch64-linux = {
          triple = "aarch64-unknown-linux-musl";
          sha256 = "@SHA256 aemkeys-@VERSION@-aarch64-unknown-linux-musl.tar.gz@";
        };
      };
      package =
        system:
        { triple, sha256 }:
        let
          pkgs = nixpkgs.legacyPackages.${system};
        in
        {
          default = pkgs.stdenvNoCC.mkDerivation {
            pname = "aemkeys";
            inherit version;
            src = pkgs.fetchurl {
              url = "@REPOSITORY@/releases/download/v${version}/aemkeys-${version}-${triple}.tar.gz";
              inherit sha256;
            };
            nativeBuildInputs = [ pkgs.installShellFiles ];
            installPhase = ''
              install -Dm755 aemkeys -t $out/bin
              installManPage man/aemkeys.1
              installShellCompletion --cmd aemkeys --bash completions/aemkeys.bash \
                --fish completions/aemkeys.fish --zsh completions/_aemkeys
              install -Dm644 LICENSE THIRD-PARTY-LICENSES.txt -t $out/share/doc/aemkeys
            '';
            meta = {
              homepage = "@REPOSITORY@";
              license = pkgs.lib.licenses.asl20;
              mainProgram = "aemkeys";
            };
          };
        };
    in
    {
      packages = builtins.mapAttrs package archives;
    };
}
