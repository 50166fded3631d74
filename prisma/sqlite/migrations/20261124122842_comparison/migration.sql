-- CreateTable
CREATE TABLE "ApiToken" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastUsedAt" DATETIME
);

-- CreateTable
CREATE TABLE "ComparisonSpan" (
    "mappingId" TEXT NOT NULL,
    "stepS" INTEGER NOT NULL,
    "atMs" BIGINT NOT NULL,
    "total" BLOB NOT NULL,
    "kinds" BLOB NOT NULL,

    PRIMARY KEY ("mappingId", "stepS", "atMs")
);

-- CreateIndex
CREATE UNIQUE INDEX "ApiToken_name_key" ON "ApiToken"("name");

-- CreateIndex
CREATE UNIQUE INDEX "ApiToken_tokenHash_key" ON "ApiToken"("tokenHash");
