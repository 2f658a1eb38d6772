/* Stands in for cryptnet.dll in wine, for tests only: reports every certificate as not revoked. The certificates of the tests have
   no revocation list, which wine's own library reports as an error, whatever the caller asks for. */
#include <windows.h>
#include <wincrypt.h>

__declspec(dllexport) BOOL WINAPI CertDllVerifyRevocation(
    DWORD encoding, DWORD kind, DWORD count, PVOID *certificates, DWORD flags,
    CERT_REVOCATION_PARA *parameters, CERT_REVOCATION_STATUS *status)
{
    if (status != NULL) {
        status->dwIndex = 0;
        status->dwError = ERROR_SUCCESS;
    }
    return TRUE;
}
