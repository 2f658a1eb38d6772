//! How is the assertion made: the JWT signed with the credential's key, which IMS exchanges for a token?
