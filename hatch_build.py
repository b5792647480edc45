"""Makes the Python code for protos/ when the package is built, for wheels and editable installs alike."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ProtobufBuildHook(BuildHookInterface):
    """Runs protoc once over every contract; the generated modules live beside them as ``protos.veigo.…``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Generate messages, their type stubs and the gRPC classes.

        Raises:
            RuntimeError: protoc refused a file; its own message stands above in the build's output.
        """
        import grpc_tools
        from grpc_tools import protoc

        root = Path(self.root)
        contracts = sorted(path.relative_to(root).as_posix() for path in root.glob("protos/**/*.proto"))
        well_known = Path(grpc_tools.__file__).parent / "_proto"
        # The mapping `protos=…` makes imports absolute (`protos.veigo.chat.v1`) while the contracts themselves
        # keep the paths that buf expects, relative to protos/.
        arguments = ["protoc", f"-Iprotos={root / 'protos'}", f"-I{well_known}"]
        arguments += [f"--{kind}_out={root}" for kind in ("python", "pyi", "grpc_python")]
        if protoc.main([*arguments, *contracts]) != 0:
            raise RuntimeError(f"protoc failed on {', '.join(contracts)}; see its message above")
